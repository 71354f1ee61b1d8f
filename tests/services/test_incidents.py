"""Incidents open and close by what the ledger says about the last minutes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from uuid_utils.compat import uuid7

from chatsite.accounts.models import User
from conversations.models import Alert, Budget, BudgetUse, Generation, UpstreamCall, WatchRules
from conversations.services import alerts, incidents, stale_alerts
from tests.admin.chats import call, marked_chat, record

pytestmark = pytest.mark.django_db


def ended(number: int, error: str = "", *, minutes_ago: float = 1, upstream: str = "deepseek") -> None:
    at = datetime.now(UTC) - timedelta(minutes=minutes_ago)
    columns = {"started_at": at, "ended_at": at, "upstream": upstream, "error_code": error}
    columns |= {"finish_reason": "" if error else "stop", "first_token_at": None if error else at}
    record(*(call(uuid7(), **columns) for _ in range(number)))


def states() -> list[tuple[str, str, bool]]:
    return [(alert.kind, alert.key, alert.recovered_at is None) for alert in Alert.objects.order_by("raised_at")]


def test_failures_open_and_success_closes() -> None:
    ended(6)
    ended(4, "overloaded")
    incidents.check()
    assert states() == []

    ended(2, "reset")
    incidents.check()
    incidents.check()
    assert states() == [("failures", "deepseek", True)]
    facts = Alert.objects.get().facts
    assert (facts["failed"], facts["calls"], facts["error"]) == (6, 12, "overloaded")

    ended(200)
    incidents.check()
    assert states() == [("failures", "deepseek", False)]


def test_an_incident_ends_when_nobody_asks_any_more() -> None:
    ended(6, "stalled", minutes_ago=4, upstream="spare")
    incidents.check()
    WatchRules.objects.update_or_create(pk=1, defaults={"failure_minutes": 3})
    incidents.check()

    assert states() == [("failures", "spare", False)]


def test_answers_whose_calls_never_left_count(alice: User) -> None:
    for _ in range(5):
        chat = marked_chat(alice)
        Generation.objects.filter(pk=chat.answer.pk).update(
            status="failed", error_code="unreachable", upstream="", ended_at=datetime.now(UTC)
        )
    incidents.check()

    assert states() == [("failures", "deepseek", True)]
    assert not UpstreamCall.objects.exists()


def test_a_refused_key_is_an_incident_at_once_until_an_answer_comes() -> None:
    ended(3, minutes_ago=5)
    ended(1, "authentication", minutes_ago=2)
    incidents.check()
    assert states() == [("key_refused", "deepseek", True)]

    ended(1, minutes_ago=-0.05)
    incidents.check()
    incidents.check()
    assert states() == [("key_refused", "deepseek", False)]


def test_refusals_between_answers_do_not_end_and_begin_all_the_time() -> None:
    for step in range(6):
        ended(1, "not_found", minutes_ago=9 - step)
        incidents.check()
        Alert.objects.update(raised_at=datetime.now(UTC) - timedelta(minutes=10))
        ended(1, minutes_ago=8.5 - step)
        incidents.check()
    assert sorted(is_open for *_rest, is_open in states()) == [False, True]

    UpstreamCall.objects.filter(error_code="not_found").update(ended_at=datetime.now(UTC) - timedelta(minutes=20))
    incidents.check()
    assert not any(is_open for *_rest, is_open in states())


def test_alerts_of_upstreams_that_were_taken_out_end() -> None:
    for kind, key in (
        ("key_refused", "gone"),
        ("balance_exhausted", "gone"),
        ("balance_low", "simulator:USD:1"),
        ("balance_ending", "deepseek:USD:2"),
        ("key_refused", "deepseek"),
    ):
        alerts.raised(kind, key, {})

    stale_alerts.withdraw({"deepseek"}, {"deepseek"})
    assert {key for _kind, key, is_open in states() if is_open} == {"deepseek:USD:2", "deepseek"}


def test_alerts_of_budgets_that_are_gone_or_off_end() -> None:
    now = datetime.now(UTC)
    made = [Budget.objects.create(hard=1) for _ in range(3)]
    uses = [BudgetUse.objects.create(budget=each, period_start=now, counted_at=now) for each in made]
    for use in uses:
        alerts.raised("budget", str(use.pk), {})
    made[0].delete()
    Budget.objects.filter(pk=made[1].pk).update(is_active=False)

    stale_alerts.withdraw({"deepseek"}, {"deepseek"})
    assert [key for _kind, key, is_open in states() if is_open] == [str(uses[2].pk)]
