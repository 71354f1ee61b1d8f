"""Moderation: a case for every answer that was filtered or refused for its content, and what follows when one person
has many. Nobody reads here what was written.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Count, Max, Q

from chatsite.accounts.models import User
from conversations.accounting.ends import CONTENT_ENDS, END
from conversations.history.keyring import keyring
from conversations.models import Pause, ReviewCase, UpstreamCall, WatchRules
from conversations.models.upstream_call import NOTABLE
from conversations.services import alerts, standing

REPEATED, PAUSED = "repeated_moderation", "paused"

_LATE = timedelta(hours=3)
"""A call is recorded when it ends; the longest takes less."""
_FIRST_TIME = timedelta(days=30)
"""How far back the queue begins where there was none."""


def is_content_end(call: UpstreamCall) -> bool:
    """Whether a call is one for the review queue: an answer, not a title, that was filtered or refused."""
    ends = (call.finish_reason, call.error_code)
    return call.purpose == UpstreamCall.Purpose.ANSWER and any(end in CONTENT_ENDS for end in ends)


def collect() -> None:
    """Put what is new in the ledger into the queue, and apply the rules. Doing it twice does no harm."""
    now = datetime.now(UTC)
    newest = ReviewCase.objects.aggregate(newest=Max("occurred_at"))["newest"]
    since = now - _FIRST_TIME if newest is None else min(newest, now) - _LATE
    calls = UpstreamCall.objects.filter(NOTABLE).filter(started_at__gte=since, purpose=UpstreamCall.Purpose.ANSWER)
    ended = calls.filter(Q(error_code__in=CONTENT_ENDS) | Q(finish_reason__in=CONTENT_ENDS)).annotate(end=END)
    cases = [
        ReviewCase(
            call_ref=call.pk,
            user_ref=call.user_ref,
            occurred_at=call.started_at,
            model=call.model_asked,
            upstream=call.upstream,
            end=call.end,
        )
        for call in ended
    ]
    ReviewCase.objects.bulk_create(cases, ignore_conflicts=True, batch_size=500)
    _apply_rules(WatchRules.in_force(), now)


def review(case: ReviewCase, reviewer: User, state: str, note: str | None = None) -> None:
    """What a moderator decides; without `note` the old one stays. An open case has no reviewer."""
    decided = state != ReviewCase.State.OPEN
    case.state = state
    case.reviewer = reviewer if decided else None
    case.reviewed_at = datetime.now(UTC) if decided else None
    if note is not None and note != note_of(case):
        case.seal(keyring().organization(), note=note)
    # With its entry in the audit log, or not at all.
    with transaction.atomic():
        case.save(update_fields=["state", "reviewer", "reviewed_at", "note"])


def note_of(case: ReviewCase) -> str:
    """What the moderator wrote."""
    return case.unseal(keyring().organization(), "note") if case.note else ""


def lift(pause: Pause) -> bool:
    """End a pause at once. False when it was lifted already."""
    lifted = Pause.objects.filter(pk=pause.pk, lifted_at=None).update(lifted_at=datetime.now(UTC))
    standing.forget()
    if not Pause.in_force().filter(user_id=pause.user_id).exists():
        alerts.recovered(PAUSED, str(pause.user_id))
    return bool(lifted)


def _apply_rules(rules: WatchRules, now: datetime) -> None:
    since = now - timedelta(days=rules.repeat_days)
    counts = _counts(since)
    _warn(rules, counts)
    if rules.pause_events is not None:
        many = {person for person, events in counts.items() if events >= rules.pause_events}
        for person in User.objects.filter(pk__in=many, is_active=True).values_list("pk", flat=True):
            _pause(person, rules, since, now)
    held = set(map(str, Pause.in_force().values_list("user_id", flat=True)))
    for ref in alerts.open_keys(PAUSED).keys() - held:
        alerts.recovered(PAUSED, ref)


def _counts(since: datetime) -> Mapping[UUID, int]:
    """Events by person, of those who have more than one. What a moderator has dismissed does not count."""
    cases = ReviewCase.objects.filter(occurred_at__gte=since).exclude(state=ReviewCase.State.DISMISSED).order_by()
    counted = cases.values_list("user_ref").annotate(events=Count("pk")).filter(events__gt=1)
    return dict(counted)


def _warn(rules: WatchRules, counts: Mapping[UUID, int]) -> None:
    many = {str(person): events for person, events in counts.items() if events >= rules.repeat_events}
    opened = alerts.open_keys(REPEATED)
    for ref in many.keys() - opened.keys():
        alerts.raised(REPEATED, ref, {"person": ref, "events": many[ref], "days": rules.repeat_days})
    for ref in opened.keys() - many.keys():
        alerts.recovered(REPEATED, ref)


def _pause(person: UUID, rules: WatchRules, since: datetime, now: datetime) -> None:
    """Only what happened after the last pause began counts towards the next one."""
    with transaction.atomic():
        # Two processes at once would pause twice.
        User.objects.select_for_update().filter(pk=person).first()
        last = Pause.objects.filter(user_id=person).aggregate(last=Max("since"))["last"]
        cases = ReviewCase.objects.filter(user_ref=person, occurred_at__gte=max(filter(None, (since, last))))
        events = cases.exclude(state=ReviewCase.State.DISMISSED).count()
        if rules.pause_events is None or events < rules.pause_events:
            return
        until = now + timedelta(hours=rules.pause_hours)
        Pause.objects.create(user_id=person, until=until, by_rule=True)
        facts: dict[str, alerts.Fact] = {
            "person": str(person),
            "events": events,
            "days": rules.repeat_days,
            "until": until.isoformat(timespec="minutes"),
        }
        alerts.raised(PAUSED, str(person), facts)
    standing.forget()
