"""Repricing as administrators do it: with an entry in the audit log before the first call is touched, and one after."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal

from django.http import HttpRequest

from conversations.accounting import repricing
from conversations.accounting.repricing import Period, Repricing
from conversations.services import audit

MOST_AT_ONCE = 20_000
"""Calls that a page may reprice: about as many as a person waits for. `manage.py reprice_usage` takes any number."""


def is_too_long(period: Period) -> bool:
    """Whether a page should leave this period to the command line."""
    return period.calls().order_by()[: MOST_AT_ONCE + 1].count() > MOST_AT_ONCE


def reprice(
    who: HttpRequest | str, period: Period, *, progress: Callable[[Repricing], None] = lambda found: None
) -> Repricing:
    """Price the calls of a period anew by the tariff as it is now. `who`: the administrator's request, or what acts.

    Should it be broken off, the audit log says that it was begun; doing it again does what is left.
    """
    model = period.model or "all models"
    subject = f"usage {period.since} to {period.until}, {model}"
    audit.record(who, "began to reprice", subject)
    found = repricing.reprice(period, progress=progress)
    audit.record(
        who,
        "repriced",
        subject,
        {"calls": None, **_plain(found.before)},
        {"calls": found.changed, **_plain(found.after)},
    )
    return found


def _plain(sums: Mapping[str, Decimal]) -> dict[str, str]:
    return {currency or "without price": f"{amount:f}" for currency, amount in sums.items()}
