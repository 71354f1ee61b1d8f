"""Incidents: alerts that open and close by rule, from what the ledger says about the last minutes."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from django.db.models import Count

from conversations.accounting.failures import UNREACHABLE
from conversations.accounting.incident_rules import FAULTS, LASTING, Change, Rule, of_refusals
from conversations.deepseek.calls import FIRST
from conversations.models import Alert, Generation, UpstreamCall, WatchRules
from conversations.services import alerts

FAILURES, KEY_REFUSED = "failures", "key_refused"
"""The kinds of alerts that are incidents, about one upstream each."""

_LONGEST_CALL = timedelta(hours=1)


@dataclass(slots=True)
class _Seen:
    """Of one upstream, lately."""

    ended: int = 0
    errors: Counter[str] = field(default_factory=Counter)


def check() -> None:
    """Open and close the incidents of all upstreams. At most six queries, and three for each upstream in trouble."""
    rules, now = WatchRules.in_force(), datetime.now(UTC)
    seen = _lately(now - timedelta(minutes=rules.failure_minutes), now)
    _check_faults(rules, seen)
    _check_refusals(seen, now - timedelta(minutes=rules.failure_minutes))


def _lately(since: datetime, now: datetime) -> Mapping[str, _Seen]:
    seen: dict[str, _Seen] = defaultdict(_Seen)
    recent = UpstreamCall.objects.filter(started_at__gte=since - _LONGEST_CALL, ended_at__gte=since, ended_at__lte=now)
    counted = recent.order_by().values_list("upstream", "error_code").annotate(number=Count("*"))
    for upstream, error, number in counted:
        seen[upstream].ended += number
        if error:
            seen[upstream].errors[error] += number
    never_sent = Generation.objects.filter(error_code=UNREACHABLE, ended_at__gte=since).order_by()
    for upstream, number in never_sent.values_list("upstream").annotate(number=Count("*")):
        seen[upstream or FIRST].ended += number
        seen[upstream or FIRST].errors[UNREACHABLE] += number
    return seen


def _check_faults(rules: WatchRules, seen: Mapping[str, _Seen]) -> None:
    rule = Rule(rules.failure_calls, rules.failure_percent)
    opened = alerts.open_keys(FAILURES)
    for upstream in {*seen, *opened}:
        here = seen.get(upstream) or _Seen()
        change = rule.of_faults(here.ended, here.errors, is_open=upstream in opened)
        if change is Change.OPEN:
            faults = Counter({code: number for code, number in here.errors.items() if code in FAULTS})
            facts: dict[str, alerts.Fact] = {
                "upstream": upstream,
                "calls": here.ended,
                "failed": faults.total(),
                "error": faults.most_common(1)[0][0],
                "minutes": rules.failure_minutes,
            }
            alerts.raised(FAILURES, upstream, facts)
        elif change is Change.CLOSE:
            alerts.recovered(FAILURES, upstream)


def _check_refusals(seen: Mapping[str, _Seen], since: datetime) -> None:
    opened = alerts.open_keys(KEY_REFUSED)
    refused = {upstream for upstream, here in seen.items() if any(code in LASTING for code in here.errors)}
    for upstream in {*refused, *opened}:
        errors = seen[upstream].errors if upstream in seen else Counter[str]()
        answered = _answered_since(upstream, _last_refusal(upstream, since, opened.get(upstream)))
        change = of_refusals(answered, errors, is_open=upstream in opened)
        if change is Change.OPEN:
            error = next(code for code in sorted(errors) if code in LASTING)
            alerts.raised(KEY_REFUSED, upstream, {"upstream": upstream, "error": error})
        elif change is Change.CLOSE and not (upstream in refused and _was_over(upstream, since)):
            alerts.recovered(KEY_REFUSED, upstream)


def _was_over(upstream: str, since: datetime) -> bool:
    """Whether it has begun again after an end: some calls are refused and others are not (one model of several, say).
    It is then over when none is, or administrators would be told of each."""
    return Alert.objects.filter(kind=KEY_REFUSED, key=upstream, recovered_at__gte=since).exists()


def _last_refusal(upstream: str, since: datetime, alert: Alert | None) -> datetime:
    calls = UpstreamCall.objects.filter(upstream=upstream, error_code__in=LASTING, started_at__gte=since)
    last = calls.order_by("-ended_at").values_list("ended_at", flat=True).first()
    return max(filter(None, (last, alert.raised_at if alert else None)), default=since)


def _answered_since(upstream: str, moment: datetime) -> int:
    calls = UpstreamCall.objects.filter(upstream=upstream, started_at__gte=moment, first_token_at__isnull=False)
    return int(calls[:1].count())
