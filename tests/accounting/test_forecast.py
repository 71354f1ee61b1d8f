"""When a balance runs out."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from conversations.accounting.forecast import fallen, forecast, soonest

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


def days_ago(days: float, amount: str) -> tuple[datetime, Decimal]:
    return NOW - timedelta(days=days), Decimal(amount)


def test_a_steady_fall_ends_when_it_must() -> None:
    found = forecast([days_ago(7 - n, str(100 - 5 * n)) for n in range(8)], 7, NOW)

    assert found is not None
    assert (found.spent, found.a_day, found.left) == (Decimal(35), Decimal(5), Decimal(13))
    assert str(found.day) == "2026-12-04"


def test_a_top_up_is_no_negative_spending() -> None:
    found = forecast([days_ago(4, "10"), days_ago(3, "2"), days_ago(2, "102"), days_ago(0, "94")], 7, NOW)

    assert found is not None
    assert (found.spent, found.a_day, found.known) == (Decimal(16), Decimal(4), Decimal(4))


def test_the_window_begins_with_what_there_was_before_it() -> None:
    found = forecast([days_ago(60, "80"), days_ago(1, "66")], 7, NOW)

    assert found is not None
    assert (found.spent, found.known, found.a_day) == (Decimal(14), Decimal(7), Decimal(2))


def test_what_says_nothing_names_no_day() -> None:
    assert forecast([], 7, NOW) is None
    for readings in (
        [days_ago(0.1, "10"), days_ago(0, "5")],
        [days_ago(7, "10"), days_ago(0, "10")],
        [days_ago(7, "1000000"), days_ago(0, "999999.99")],
    ):
        found = forecast(readings, 7, NOW)
        assert found is not None
        assert (found.left, found.day) == (None, None)


def test_the_soonest_end_counts() -> None:
    quick = forecast([days_ago(7, "80"), days_ago(0, "10")], 7, NOW)
    slow = forecast([days_ago(30, "80"), days_ago(0, "10")], 30, NOW)
    still = forecast([days_ago(7, "10"), days_ago(0, "10")], 7, NOW)

    assert soonest([slow, None, still, quick]) is quick
    assert soonest([still, None]) is None


@given(amounts=st.lists(st.decimals(0, 1000, places=2), min_size=1), payment=st.decimals(0, 1000, places=2))
def test_paying_in_never_counts_as_spending(amounts: list[Decimal], payment: Decimal) -> None:
    assert fallen(amounts) >= max(Decimal(0), amounts[0] - amounts[-1])
    assert fallen([*amounts, amounts[-1] + payment]) == fallen(amounts)
