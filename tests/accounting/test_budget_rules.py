"""Which budgets apply, when their periods begin, and what fits into what is left: pure."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conversations.accounting.budget_rules import (
    Demand,
    Measure,
    Period,
    Quote,
    Rule,
    Scope,
    applying,
    money,
    units,
)

ALICE = uuid4()
NOON = datetime(2026, 11, 19, 12, 30, 5, 7, tzinfo=UTC)
"""A Thursday."""


def rule(number: int, scope: Scope = Scope.SITE, **more: Any) -> Rule:
    given: dict[str, Any] = {"measure": Measure.TOKENS, "period": Period.DAY, "hard": 1000}
    return Rule(id=number, scope=scope, **given | more)


def ids(
    rules: list[Rule], *, person: UUID = ALICE, groups: frozenset[int] = frozenset(), model: str = "m"
) -> list[int]:
    return [each.id for each in applying(rules, person=person, groups=groups, model=model)]


@pytest.mark.parametrize(
    ("period", "start", "end"),
    [
        (Period.MINUTE, datetime(2026, 11, 19, 12, 30, tzinfo=UTC), datetime(2026, 11, 19, 12, 31, tzinfo=UTC)),
        (Period.DAY, datetime(2026, 11, 19, tzinfo=UTC), datetime(2026, 11, 20, tzinfo=UTC)),
        (Period.WEEK, datetime(2026, 11, 16, tzinfo=UTC), datetime(2026, 11, 23, tzinfo=UTC)),
        (Period.MONTH, datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 12, 1, tzinfo=UTC)),
    ],
)
def test_periods_begin_and_end_in_utc(period: Period, start: datetime, end: datetime) -> None:
    assert (period.start(NOON), period.end(NOON)) == (start, end)
    elsewhere = NOON.astimezone(ZoneInfo("Asia/Shanghai"))
    assert period.start(elsewhere) == start


@given(seconds=st.floats(0, 20 * 366 * 86_400))
def test_periods_leave_no_moment_out(seconds: float) -> None:
    moment = datetime(2020, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
    for period in (Period.MINUTE, Period.DAY, Period.WEEK, Period.MONTH):
        end = period.end(moment)
        assert end is not None
        assert period.start(moment) <= moment < end
        assert period.start(end) == end
        assert period.start(end - timedelta(microseconds=1)) == period.start(moment)


def test_what_has_no_period_never_ends() -> None:
    assert Period.NONE.end(NOON) is None
    assert Period.NONE.start(NOON) == Period.NONE.start(NOON + timedelta(days=400))


def test_shared_budgets_all_apply() -> None:
    rules = [
        rule(1),
        rule(2, Scope.GROUP, group=7),
        rule(3, Scope.GROUP, group=8),
        rule(4, model="m"),
        rule(5, model="n"),
    ]
    assert ids(rules) == [1, 4]
    assert ids(rules, groups=frozenset({7})) == [1, 2, 4]
    assert ids(rules, model="n") == [1, 5]


def test_of_budgets_for_each_person_the_closest_one_counts() -> None:
    site, small, large = (
        rule(1, each=True),
        rule(2, Scope.GROUP, group=7, each=True, hard=50),
        rule(3, Scope.GROUP, group=8, each=True, hard=90),
    )
    own = rule(4, Scope.PERSON, person=ALICE, hard=1)
    assert ids([site]) == [1]
    assert ids([site, small, large], groups=frozenset({7, 8})) == [3]
    assert ids([site, small, large, own], groups=frozenset({7, 8})) == [4]
    assert ids([site, own], person=uuid4()) == [1]


def test_a_closer_budget_without_a_stop_is_the_most_generous() -> None:
    some, any_number = (
        rule(1, Scope.GROUP, group=7, each=True),
        rule(2, Scope.GROUP, group=8, each=True, hard=None, soft=9),
    )
    assert ids([some, any_number], groups=frozenset({7, 8})) == [2]


def test_budgets_of_other_measures_and_periods_stand_beside_each_other() -> None:
    rules = [
        rule(1, each=True),
        rule(2, each=True, period=Period.MONTH),
        rule(3, each=True, measure=Measure.MONEY, currency="USD"),
        rule(4, Scope.PERSON, person=ALICE, measure=Measure.MONEY, currency="CNY"),
    ]
    assert ids(rules) == [1, 2, 3, 4]


def test_money_is_exact() -> None:
    assert units(Decimal("0.000000001")) == 1
    assert money(units(Decimal("12345.678901234"))) == Decimal("12345.678901234")


@given(
    prompt=st.integers(0, 10_000),
    price=st.decimals(min_value=0, max_value=5000, places=3),
    output=st.integers(1, 100_000),
    left=st.integers(-1000, 10**9),
)
def test_what_is_affordable_fits(prompt: int, price: Decimal, output: int, left: int) -> None:
    quote = Quote("USD", prompt * 150, price)
    demand = Demand(model="m", prompt=prompt, output=output, least=min(output, 100), quote=quote)
    for measure in Measure:
        one = rule(1, measure=measure, currency="USD" if measure is Measure.MONEY else "")
        most = demand.affordable(one, left)
        if most is None:
            assert demand.amount(one, demand.least) > left
        else:
            assert demand.least <= most <= output
            assert demand.amount(one, most) <= left


def test_a_budget_in_another_currency_is_not_touched() -> None:
    demand = Demand(model="m", prompt=10, output=100, least=10, quote=Quote("USD", 10, Decimal(1)))
    yuan = rule(1, measure=Measure.MONEY, currency="CNY", hard=5)
    assert demand.amount(yuan, 100) == 0
    assert demand.affordable(yuan, 0) == 100
