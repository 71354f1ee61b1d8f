"""Budgets: numbers of questions, what administrators change, what time changes, and what people are told."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from chatsite.accounts.models import User
from conversations.accounting import repricing, rules
from conversations.accounting.repricing import Period
from conversations.models import Alert, Budget, BudgetUse, UsageDay
from conversations.services import budget_keeper, budgets, lifting
from conversations.services.access import Refused
from tests.services.spending import ask, budget, end, later, short, use_of

pytestmark = pytest.mark.django_db


# --- numbers of questions and answers ---------------------------------------------------------------------------------


def test_questions_a_minute(alice: User, bob: User, monkeypatch: pytest.MonkeyPatch) -> None:
    budget(measure="requests", period="minute", hard=2, each=True)
    now = datetime.now(UTC)
    if now.second > 50:
        later(monkeypatch, seconds=15)
    ask(alice)
    end(ask(alice))
    with pytest.raises(Refused, match=r"Your budget is used up \(2 questions a minute\)\. You can go on in \d+ second"):
        ask(alice)
    ask(bob)
    later(monkeypatch, seconds=75)
    ask(alice)


def test_answers_at_once(alice: User, bob: User) -> None:
    budget(measure="running", period="", hard=1, each=True)
    job = ask(alice)
    with pytest.raises(Refused, match="1 answer of yours is being written") as refused:
        ask(alice)
    assert refused.value.code == "budget_running"
    ask(bob)
    end(job)
    assert ask(alice).output_limit is None


# --- lifting and changing ---------------------------------------------------------------------------------------------


def test_a_lifted_budget_stops_nobody_until_it_renews(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    made = budget(hard=100)
    end(ask(alice, options=short(10)), sent=200)
    with pytest.raises(Refused):
        ask(alice)
    lifting.lift(use_of(made))
    end(ask(alice), sent=50)
    assert use_of(made).spent > 200
    lifting.restore(use_of(made))
    with pytest.raises(Refused):
        ask(alice)


def test_nothing_is_refused_by_an_old_rule(alice: User) -> None:
    made = budget(hard=0)
    with pytest.raises(Refused):
        ask(alice)
    # As another process would do it: this one is not told.
    Budget.objects.filter(pk=made.pk).update(hard=10**6)
    assert ask(alice).output_limit == 8_192
    Budget.objects.filter(pk=made.pk).update(hard=0)
    rules.forget()
    Budget.objects.filter(pk=made.pk).update(is_active=False)
    ask(alice)
    rules.forget()


def test_a_budget_that_another_process_has_deleted_hinders_nobody(alice: User, bob: User) -> None:
    made = budget(each=True)
    job = ask(alice)
    made.delete()
    assert ask(bob).output_limit is None
    rules.forget()
    made = budget(each=True)
    assert rules.current()
    made.delete()
    assert end(job) is not None
    assert not BudgetUse.objects.exists()


def test_a_new_period_begins_at_nothing(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    made = budget(hard=100, period="day")
    end(ask(alice, options=short(10)), sent=500)
    with pytest.raises(Refused):
        ask(alice, options=short(10))
    later(monkeypatch, days=1)
    ask(alice, options=short(10))
    assert use_of(made).spent == 0


def test_calls_that_nobody_counted_are_found_in_the_rollup(alice: User) -> None:
    made = budget()
    end(ask(alice))
    BudgetUse.objects.update(spent=7)
    budget_keeper.go_round()
    assert use_of(made).spent == 7
    Budget.objects.update(changed_at=datetime.now(UTC) - timedelta(seconds=11))
    BudgetUse.objects.update(counted_at=datetime.now(UTC) - timedelta(seconds=5))
    budget_keeper.go_round()
    assert use_of(made).spent == 30


def test_what_was_priced_anew_is_counted_anew(alice: User) -> None:
    made = budget(measure="money", currency="USD", hard=10**9)
    end(ask(alice))
    Budget.objects.update(changed_at=datetime.now(UTC) - timedelta(minutes=5))
    BudgetUse.objects.update(counted_at=datetime.now(UTC))
    UsageDay.objects.update(cost=Decimal("0.5"))
    budget_keeper.go_round()
    assert use_of(made).spent < 10**6
    today = datetime.now(UTC).date()
    repricing.reprice(Period(since=today, until=today))
    UsageDay.objects.update(cost=Decimal("0.5"))
    budget_keeper.go_round()
    assert use_of(made).spent == 500_000_000


# --- what people and administrators see -------------------------------------------------------------------------------


def test_administrators_are_told_once_and_again_when_it_is_over(alice: User) -> None:
    made = budget(soft=100, hard=50_000)
    end(ask(alice), sent=90)
    budget_keeper.go_round()
    alert = Alert.objects.get()
    assert (alert.kind, alert.key, alert.recovered_at) == ("budget", str(use_of(made).pk), None)
    assert alert.facts["used"] == "110 tokens"
    assert alert.facts["budget"] == "everybody together"
    end(ask(alice))
    budget_keeper.go_round()
    assert Alert.objects.count() == 1
    Budget.objects.update(soft=10_000)
    rules.forget()
    budget_keeper.go_round()
    assert Alert.objects.get().recovered_at is not None
    assert use_of(made).warned_for is None


def test_people_see_what_is_left(alice: User, bob: User) -> None:
    assert budgets.remaining(alice.pk) == []
    budget(measure="money", currency="USD", each=True, soft=10**6, hard=5 * 10**9)
    budget(hard=1_000_000)
    budget(scope="person", user=bob)
    budget(measure="running", period="", hard=3, each=True)
    end(ask(alice), sent=100_000, written=0)
    own, shared = budgets.remaining(alice.pk)
    assert (own.name, own.limit) == ("Your budget", "5.00 USD a month")
    assert own.is_near
    assert not own.is_used_up
    assert own.is_own
    assert shared.name == "The budget that everybody here shares"
    assert (shared.percent, shared.is_own) == (10, False)
    assert len(budgets.remaining(bob.pk)) == 3
