"""Budgets: what is set aside when an answer starts, and what is settled when it ends."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
from django.contrib.auth.models import Group
from django.utils.formats import date_format

from chatsite.accounts.models import User
from conversations.accounting import ledger, rules, uses
from conversations.accounting.budget_rules import money
from conversations.accounting.rules import rule_of
from conversations.generation import recorder
from conversations.generation.lifecycle import Status
from conversations.models import Alert, Budget, BudgetUse, Generation, Reservation, UsageDay
from conversations.services import answers, budget_keeper, conversations, lifting, takeovers
from conversations.services.access import Refused
from tests.services.spending import ask, budget, call, end, expire, held, outcome, use_of

pytestmark = pytest.mark.django_db


# --- start and end ----------------------------------------------------------------------------------------------------


def test_without_budgets_nothing_is_written_or_limited(alice: User) -> None:
    job = ask(alice)
    assert job.output_limit is None
    assert end(job) is not None
    assert not Reservation.objects.exists()
    assert not BudgetUse.objects.exists()


def test_what_an_answer_may_use_is_set_aside_and_settled(alice: User) -> None:
    made = budget()
    job = ask(alice)
    use = use_of(made)
    assert job.output_limit == 8_192
    assert use.spent == 0
    assert use.reserved > 8_192
    assert end(job, sent=30, written=70) is not None
    use.refresh_from_db()
    assert (use.spent, use.reserved, held()) == (100, 0, 0)


def test_near_the_end_an_answer_gets_what_is_left(alice: User) -> None:
    made = budget(hard=5_000)
    job = ask(alice)
    assert job.output_limit is not None
    assert 1_024 < job.output_limit < 5_000
    assert use_of(made).reserved <= 5_000
    assert Generation.objects.get(pk=job.message_id).output_limit == job.output_limit


def test_two_cannot_have_the_same_rest(alice: User, bob: User) -> None:
    budget(hard=9_000)
    ask(alice)
    with pytest.raises(Refused) as refused:
        ask(bob)
    assert refused.value.code == "budget_used_up"
    assert "set aside" in refused.value.message
    assert "text was kept" in refused.value.message


def test_a_used_up_budget_says_when_it_renews_and_leaves_nothing_behind(alice: User) -> None:
    made = budget(hard=5_000, each=True)
    end(ask(alice), sent=5_000, written=5)
    before = Generation.objects.count()
    with pytest.raises(Refused) as refused:
        ask(alice)
    now = datetime.now(UTC)
    renews = (now.replace(day=1) + timedelta(days=32)).replace(day=1)
    assert refused.value.message.startswith("Your budget is used up (5,000 tokens a month).")
    assert f"It renews on {date_format(renews, 'DATE_FORMAT')}, 00:00 UTC." in refused.value.message
    assert "Nothing was sent, and your text was kept." in refused.value.message
    assert Generation.objects.count() == before
    assert use_of(made).spent == 5_005


def test_money_is_set_aside_at_the_highest_price_and_settled_by_the_ledger(alice: User) -> None:
    made = budget(measure="money", currency="USD", hard=1_000_000_000)
    job = ask(alice)
    reserved = use_of(made).reserved
    assert money(reserved) >= Decimal("8192") * Decimal("0.60") / 1_000_000
    end(job, sent=1000, written=2000)
    use = use_of(made)
    cost = UsageDay.objects.get().cost
    assert cost > 0
    assert (money(use.spent), use.reserved) == (cost, 0)
    assert use.spent < reserved


def test_simulated_calls_cost_nothing_and_count_as_tokens(alice: User) -> None:
    dollars, tokens = budget(measure="money", currency="USD", hard=10**9), budget()
    end(ask(alice), simulated=True)
    assert use_of(dollars).spent == 0
    assert use_of(tokens).spent == 30


def test_a_budget_of_a_model_leaves_the_others_alone(alice: User) -> None:
    budget(model="deepseek-v4-pro", hard=0)
    assert ask(alice).output_limit is None
    with pytest.raises(Refused, match="The budget that everybody here shares for DeepSeek Pro is used up"):
        ask(alice, model="deepseek-v4-pro")


def test_a_group_shares_and_others_do_not(alice: User, bob: User, charlie: User) -> None:
    group = Group.objects.create(name="Legal")
    alice.groups.add(group)
    bob.groups.add(group)
    made = budget(scope="group", group=group, hard=20_000)
    end(ask(alice), sent=20_000)
    with pytest.raises(Refused, match="The budget of the group “Legal” is used up"):
        ask(bob)
    assert ask(charlie).output_limit is None
    assert use_of(made).spent == 20_020


def test_a_new_budget_knows_what_was_used_before_it(alice: User, bob: User) -> None:
    end(ask(alice), sent=500, written=500)
    end(ask(bob), sent=1_000, written=0)
    together, each = budget(), budget(each=True)
    job = ask(alice)
    assert (use_of(together).spent, use_of(each).spent) == (2_000, 1_000)
    end(job, sent=1, written=2)
    assert (use_of(together).spent, use_of(each).spent) == (2_003, 1_003)


@pytest.mark.parametrize("each", [False, True])
def test_a_new_budget_that_is_used_up_stops_the_first_question(alice: User, each: bool) -> None:
    end(ask(alice), sent=20_000)
    budget(hard=15_000, each=each)
    for _ in range(2):
        with pytest.raises(Refused, match="is used up"):
            ask(alice)


def test_what_refuses_can_be_seen_and_lifted(alice: User) -> None:
    end(ask(alice), sent=20_000, written=0)
    made = budget(hard=15_000)
    with pytest.raises(Refused):
        ask(alice)
    budget_keeper.go_round()
    assert use_of(made).spent == 20_000
    assert Alert.objects.get().key == str(use_of(made).pk)
    lifting.lift(use_of(made))
    ask(alice)


def test_a_soft_budget_counts_and_stops_nobody(alice: User) -> None:
    made = budget(hard=None, soft=10)
    end(ask(alice), sent=100)
    assert ask(alice).output_limit is None
    assert (use_of(made).spent, use_of(made).reserved) == (120, 0)


# --- every way to end -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [Status.COMPLETE, Status.STOPPED, Status.FAILED, Status.INTERRUPTED])
def test_every_end_settles(alice: User, status: Status) -> None:
    made = budget()
    end(ask(alice), status=status)
    assert (use_of(made).spent, use_of(made).reserved, held()) == (30, 0, 0)


def test_an_end_without_any_call_settles(alice: User) -> None:
    made = budget()
    job = ask(alice)
    recorder.finish("one", job, outcome(job, status=Status.STOPPED))
    assert (use_of(made).spent, use_of(made).reserved, held()) == (0, 0, 0)


def test_a_takeover_keeps_what_is_set_aside_and_counts_what_was_lost(alice: User) -> None:
    made = budget()
    job = ask(alice)
    reserved = use_of(made).reserved
    expire(job.message_id)
    claimed = takeovers.claim("two", 5.0, job.message_id, 1, simulated=False)
    assert claimed is not None
    assert claimed[0].output_limit == job.output_limit
    assert use_of(made).reserved == reserved
    assert end(claimed[0], owner="two") is not None
    assert (use_of(made).spent, use_of(made).reserved, held()) == (30, 0, 0)


def test_a_lost_owner_that_comes_back_counts_once(alice: User) -> None:
    made = budget()
    job = ask(alice)
    expire(job.message_id)
    claimed = takeovers.claim("two", 5.0, job.message_id, 1, simulated=False)
    assert claimed is not None
    assert end(job, sent=5, written=6) is None
    assert use_of(made).reserved > 0
    end(claimed[0], owner="two")
    assert (use_of(made).spent, use_of(made).reserved) == (41, 0)


def test_what_nobody_settles_is_released(alice: User) -> None:
    made = budget()
    deleted, given_up, runs = ask(alice), ask(alice), ask(alice)
    one = use_of(made).reserved // 3
    conversations.delete(alice.pk, deleted.conversation_id)
    expire(given_up.message_id)
    takeovers.give_up(given_up.message_id, 1)
    budget_keeper.go_round()
    assert (use_of(made).reserved, held()) == (one, 1)
    end(runs)
    assert (use_of(made).reserved, held()) == (0, 0)


def test_a_continuation_sets_aside_anew(alice: User) -> None:
    made = budget(hard=12_000)
    end(ask(alice), status=Status.STOPPED, sent=10, written=20)
    message = Generation.objects.get().pk
    reply = answers.resume(user_id=alice.pk, command=uuid4(), owner="one", message_id=message)
    assert reply.job is not None
    assert use_of(made).reserved > 8_192
    end(reply.job)
    assert (use_of(made).spent, use_of(made).reserved, held()) == (60, 0, 0)
    Budget.objects.update(hard=50)
    rules.forget()
    with pytest.raises(Refused, match="used up"):
        answers.regenerate(user_id=alice.pk, command=uuid4(), owner="one", message_id=message)


def test_a_continuation_sends_its_reasoning_along(alice: User) -> None:
    made = budget()
    job = ask(alice)
    thought = replace(outcome(job, status=Status.STOPPED), reasoning="x" * 100_000)
    assert recorder.finish("one", job, thought) is not None
    answers.resume(user_id=alice.pk, command=uuid4(), owner="one", message_id=job.message_id)
    assert use_of(made).reserved > 30_000


def test_withdrawn_calls_are_given_back(alice: User) -> None:
    made = budget()
    job = ask(alice)
    estimate = call(job, sent=100, written=0, estimated=True)
    ledger.record([estimate])
    assert use_of(made).spent == 100
    ledger.withdraw([estimate.pk])
    assert use_of(made).spent == 0


def test_the_use_is_the_rollup_after_any_mix(alice: User, bob: User) -> None:
    group = Group.objects.create(name="Both")
    group.user_set.add(alice, bob)
    made = [
        budget(hard=10**9),
        budget(measure="money", currency="USD", hard=10**12),
        budget(each=True, hard=10**9, period="day"),
        budget(scope="group", group=group, hard=None, soft=5),
        budget(model="deepseek-v4-pro", measure="money", currency="USD", soft=1, hard=10**12, period="week"),
    ]
    for seed in range(30):
        choice = random.Random(seed)
        _one_life(choice, choice.choice([alice, bob]))
    budget_keeper.go_round()
    now = datetime.now(UTC)
    assert held() == 0
    for row in BudgetUse.objects.select_related("budget__group"):
        rule = rule_of(row.budget)
        holder = row.person if rule.is_individual else None
        assert row.reserved == 0
        assert row.spent == uses.counted(rule, holder, rule.period.start(now)), rule
    assert BudgetUse.objects.count() == len(made) + 1


def _one_life(choice: random.Random, user: User) -> None:
    """An answer that ends in some way."""
    job = ask(user, model=choice.choice(["deepseek-flash", "deepseek-v4-pro"]))
    sent, written = choice.randrange(1, 999), choice.randrange(1, 999)
    way = choice.choice(["complete", "stopped", "failed", "taken over", "came back", "deleted", "nothing"])
    if way in ("taken over", "came back"):
        expire(job.message_id)
        claimed = takeovers.claim("two", 5.0, job.message_id, 1, simulated=False)
        assert claimed is not None
        if way == "came back":
            end(job, sent=sent, written=written)
        end(claimed[0], owner="two", sent=sent, written=written)
    elif way == "deleted":
        conversations.delete(user.pk, job.conversation_id)
        end(job, sent=sent, written=written)
    elif way == "nothing":
        recorder.finish("one", job, outcome(job, status=Status.FAILED))
    else:
        end(job, sent=sent, written=written, status=Status(way))
