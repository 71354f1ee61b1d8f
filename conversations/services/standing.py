"""Who may ask at this moment, as far as the balance and pauses say: the look that every question begins with.

It is kept for a moment, so that a question costs no query for it; whoever changes something in this process says so.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from threading import Lock
from uuid import UUID

from django.conf import settings
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext

from conversations.deepseek.calls import FIRST
from conversations.models import Alert, Pause
from conversations.models.statements import Select
from conversations.services.access import Refused

EXHAUSTED = "balance_exhausted"
"""The kind of alert that is the breaker: open for an upstream, it keeps questions from being put to it."""

_KEEP = 2.0
"""Seconds for which what was read is used: what another process learned holds here after that."""
_TRIAL = 60.0
"""Seconds after which one question is let through although there was no balance: not every upstream can be asked for
its balance, and an answer proves that there is some."""


@dataclass(frozen=True, slots=True)
class Standing:
    exhausted: frozenset[str]
    """Upstreams without balance, by their names in the ledger."""
    paused: Mapping[UUID, datetime]
    """Until when, by person."""


_lock = Lock()
_cached: tuple[float, Standing] | None = None
_next_trial: float | None = None


def current() -> Standing:
    """How things stand, at most two seconds old. Two queries when it is read anew."""
    global _cached, _next_trial
    with _lock:
        if _cached is not None and time.monotonic() - _cached[0] < _KEEP:
            return _cached[1]
    standing = _read()
    with _lock:
        _cached = (time.monotonic(), standing)
        if not standing.exhausted:
            _next_trial = None
    return standing


def peek() -> Standing | None:
    """What was read last, however old; no query."""
    return None if _cached is None else _cached[1]


def forget() -> None:
    """Something changed in this process."""
    global _cached
    with _lock:
        _cached = None


def check_may_ask(user_id: UUID, model: str) -> None:
    """Raises `Refused` for a person who is paused, and when nobody who could answer has balance."""
    standing = current()
    if standing.paused:
        _check_pause(standing, user_id)
    if _nobody_answers(standing, model) and not _may_try():
        raise Refused(
            "balance_exhausted",
            gettext(
                "The organization's DeepSeek balance is used up. Your administrators have been told. "
                "Your text is kept; send it again later."
            ),
        )


def _check_pause(standing: Standing, user_id: UUID) -> None:
    until = standing.paused.get(user_id)
    if until is not None and until > datetime.now(UTC):
        moment = date_format(timezone.localtime(until), "DATETIME_FORMAT")
        raise Refused(
            "paused",
            gettext(
                "You cannot ask until {moment} (UTC): several of your questions or answers were refused for their "
                "content. Your text is kept; an administrator can lift this earlier."
            ).format(moment=moment),
        )


def _nobody_answers(standing: Standing, model: str) -> bool:
    if FIRST not in standing.exhausted:
        return False
    fallbacks = settings.ENVIRONMENT.fallback_upstreams
    return not any(model in each.models and each.name not in standing.exhausted for each in fallbacks)


def _may_try() -> bool:
    """True once in a while, in each process, counted from when it is first asked."""
    global _next_trial
    now = time.monotonic()
    with _lock:
        due = _next_trial is not None and now >= _next_trial
        if due or _next_trial is None:
            _next_trial = now + _TRIAL
        return due


_find_exhausted = Select(lambda: Alert.objects.filter(kind=EXHAUSTED, recovered_at=None).values_list("key"))
_find_paused = Select(lambda: Pause.in_force().values_list("user_id", "until"))


def _read() -> Standing:
    return Standing(exhausted=frozenset(key for (key,) in _find_exhausted.rows()), paused=dict(_find_paused.rows()))
