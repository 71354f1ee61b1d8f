"""What follows from a reading of the balance."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from uuid_utils.compat import uuid7

from chatsite.accounts.models import User
from conversations.deepseek import Balance, BalanceInfo
from conversations.models import Alert, BalanceMark, BalanceReading, Pause
from conversations.services import balance, standing
from conversations.services.access import Refused
from tests.admin.chats import call, record

AtMost = Callable[[int], AbstractContextManager[Any]]
NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _no_marks(db: None) -> None:
    BalanceMark.objects.all().delete()


def say(amount: str, *, minutes: float = 0, available: bool = True, simulated: bool = False) -> None:
    info = BalanceInfo("USD", Decimal(amount), Decimal(0), Decimal(amount))
    asked_at = NOW + timedelta(minutes=minutes)
    balance.note("deepseek", Balance(available, (info,)), simulated=simulated, asked_at=asked_at)


def open_kinds() -> set[str]:
    return set(Alert.objects.filter(recovered_at=None).values_list("kind", flat=True))


def refuses() -> bool:
    try:
        standing.check_may_ask(uuid7(), "deepseek-flash")
    except Refused as refused:
        told = "The organization's DeepSeek balance is used up. Your administrators have been told."
        return refused.message.startswith(told)
    return False


def test_only_what_changed_is_written_down_but_once_an_hour() -> None:
    for minutes, amount in ((0, "10"), (10, "10"), (20, "9.5"), (30, "9.5"), (79, "9.5"), (80, "9.5")):
        say(amount, minutes=minutes)

    assert [(row.taken_at - NOW) // timedelta(minutes=1) for row in BalanceReading.objects.order_by("taken_at")] == [
        0,
        20,
        80,
    ]


def test_a_402_trips_and_a_top_up_heals_at_once() -> None:
    say("1")
    record(call(uuid7(), error_code="balance_exhausted", http_status=402, started_at=NOW))

    assert not refuses()
    assert balance.refused("deepseek")
    assert not balance.refused("deepseek")
    assert refuses()
    say("0", minutes=0.1, available=False)
    assert refuses()
    say("20", minutes=0.2)
    assert not refuses()
    assert open_kinds() == set()


def test_enough_is_believed_when_no_402_came_for_a_minute() -> None:
    say("1")
    record(call(uuid7(), error_code="balance_exhausted", http_status=402, started_at=NOW))
    balance.refused("deepseek")

    say("1", minutes=0.5)
    assert refuses()
    say("1", minutes=2)
    assert not refuses()


def test_a_reading_without_enough_trips_before_anybody_is_hit() -> None:
    say("0", available=False)

    assert refuses()


def test_an_answer_heals_where_no_balance_can_be_asked_for() -> None:
    balance.refused("deepseek")
    (alert,) = Alert.objects.all()

    assert not balance.answered("deepseek", alert.raised_at - timedelta(seconds=1))
    assert refuses()
    assert balance.answered("deepseek", alert.raised_at + timedelta(seconds=1))
    assert not refuses()


def test_answers_know_better_than_a_balance_that_says_not_enough() -> None:
    say("0", available=False)
    (alert,) = Alert.objects.all()
    record(call(uuid7(), started_at=NOW + timedelta(seconds=30), first_token_at=NOW + timedelta(seconds=31)))
    assert balance.answered("deepseek", alert.raised_at + timedelta(seconds=1))

    say("0", minutes=1, available=False)
    assert not refuses()
    balance.refused("deepseek")
    assert refuses()
    say("20", minutes=2)
    assert not refuses()


def test_one_question_is_let_through_from_time_to_time(monkeypatch: pytest.MonkeyPatch) -> None:
    balance.refused("deepseek")
    clock = [1000.0]
    monkeypatch.setattr("conversations.services.standing.time.monotonic", lambda: clock[0])
    standing.forget()

    seen = []
    for _ in range(13):
        seen.append(refuses())
        clock[0] += 10
    assert seen == [True] * 6 + [False] + [True] * 5 + [False]


def test_a_mark_in_money_warns_once_and_again_after_recovery() -> None:
    BalanceMark.objects.create(currency="USD", amount=Decimal(5))
    BalanceMark.objects.create(currency="CNY", amount=Decimal(500))
    for minutes, amount in enumerate(("6", "4", "3", "5", "4.99")):
        say(amount, minutes=minutes)

    assert [(alert.kind, alert.facts["total"]) for alert in Alert.objects.order_by("raised_at")] == [
        ("balance_low", "4.00"),
        ("balance_low", "4.99"),
    ]
    assert open_kinds() == {"balance_low"}
    BalanceMark.objects.all().delete()
    say("4", minutes=9)
    assert open_kinds() == set()


def test_a_mark_in_days_follows_the_forecast() -> None:
    BalanceMark.objects.create(days=7)
    for day in range(8):
        say(str(80 - 10 * day), minutes=1440 * day)
    assert [alert.facts["day"] for alert in Alert.objects.filter(kind="balance_ending")] == ["2026-11-29"]

    say("75", minutes=1440 * 7 + 5)
    assert open_kinds() == {"balance_ending"}  # 7.5 days: not yet a fifth more
    say("90", minutes=1440 * 7 + 10)
    assert open_kinds() == set()


def test_what_is_gone_ends_today() -> None:
    BalanceMark.objects.create(days=7)
    say("0")
    assert Alert.objects.get(kind="balance_ending").facts["day"] == "2026-11-21"


def test_demo_mode_is_another_account() -> None:
    say("1", simulated=True)

    assert BalanceReading.objects.get().upstream == balance.SIMULATOR


def test_a_question_costs_no_query(django_assert_num_queries: AtMost) -> None:
    standing.current()

    with django_assert_num_queries(0):
        standing.check_may_ask(uuid7(), "deepseek-flash")


def test_who_is_paused_is_told_until_when(alice: User, bob: User) -> None:
    Pause.objects.create(user=alice, until=datetime.now(UTC) + timedelta(hours=3))
    standing.forget()

    with pytest.raises(Refused, match="You cannot ask until"):
        standing.check_may_ask(alice.pk, "deepseek-flash")
    standing.check_may_ask(bob.pk, "deepseek-flash")
