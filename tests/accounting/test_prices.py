"""What a call costs, by the published prices and by rules that hold for any."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conversations.accounting.prices import Cost, PriceRow, Tariff, Tokens, price_at

FLASH = PriceRow(
    1, "flash", datetime(2026, 9, 10, tzinfo=UTC), "USD", Decimal("0.003"), Decimal("0.15"), Decimal("0.60"), Decimal(2)
)
AUGUST = replace(FLASH, id=2, valid_from=datetime(2026, 8, 16, 16, tzinfo=UTC), output=Decimal("0.66"))
TARIFF = Tariff(
    rows=(FLASH, AUGUST, replace(FLASH, id=3, model="pro", output=Decimal("1.98"))),
    windows=((time(1), time(4)), (time(6), time(10))),
    holidays=frozenset({date(2026, 10, 1)}),
)
CHECK = Tokens(cache_hit=320, cache_miss=19, output=83)
MONDAY = datetime(2026, 11, 16, tzinfo=UTC)
counts = st.integers(0, 10_000_000)
tokens = st.builds(Tokens, counts, counts, counts)
moments = st.datetimes(datetime(2026, 9, 11), datetime(2030, 1, 1)).map(lambda moment: moment.replace(tzinfo=UTC))  # noqa: DTZ001


def cost_at(moment: datetime, used: Tokens = CHECK, model: str = "flash") -> Cost:
    found = TARIFF.cost(model, used, started=moment, ended=moment)
    assert found is not None
    return found


def test_the_published_check_value() -> None:
    assert cost_at(MONDAY).amount == Decimal("0.00005361")


def test_peak_is_exactly_double() -> None:
    peak = cost_at(MONDAY + timedelta(hours=2))

    assert (peak.amount, peak.peak, peak.straddles) == (Decimal("0.00010722"), True, False)


@pytest.mark.parametrize(
    ("hour", "minute", "second", "peak"),
    [
        (0, 59, 59, False),
        (1, 0, 0, True),
        (3, 59, 59, True),
        (4, 0, 0, False),
        (5, 59, 59, False),
        (6, 0, 0, True),
        (9, 59, 59, True),
        (10, 0, 0, False),
    ],
)
def test_the_boundaries_of_peak_windows(hour: int, minute: int, second: int, peak: bool) -> None:
    assert TARIFF.is_peak(MONDAY.replace(hour=hour, minute=minute, second=second)) is peak


def test_windows_are_utc_wherever_the_clock_is() -> None:
    beijing = timezone(timedelta(hours=8))

    assert TARIFF.is_peak(datetime(2026, 11, 16, 9, tzinfo=beijing))
    assert not TARIFF.is_peak(datetime(2026, 11, 16, 8, 59, tzinfo=beijing))
    # Monday there, still Sunday in UTC; no window is open at that hour anyway, and none on a Sunday.
    assert not TARIFF.is_peak(datetime(2026, 11, 16, 2, tzinfo=beijing))


@pytest.mark.parametrize("day", [date(2026, 11, 14), date(2026, 11, 15), date(2026, 10, 1)])
def test_weekends_and_holidays_have_no_peak(day: date) -> None:
    assert not TARIFF.is_peak(datetime.combine(day, time(2), UTC))


def test_the_price_of_the_time_counts() -> None:
    before = cost_at(FLASH.valid_from - timedelta(microseconds=1))
    after = cost_at(FLASH.valid_from)

    assert (before.price_id, after.price_id) == (AUGUST.id, FLASH.id)
    assert before.amount > after.amount


def test_a_model_or_time_without_a_price_has_no_cost() -> None:
    assert TARIFF.cost("mystery", CHECK, started=MONDAY, ended=MONDAY) is None
    early = AUGUST.valid_from - timedelta(seconds=1)
    assert TARIFF.cost("flash", CHECK, started=early, ended=early) is None
    assert price_at(TARIFF.rows, "flash", early) is None


@pytest.mark.parametrize(
    ("started", "ended", "peak", "straddles"),
    [
        (MONDAY.replace(minute=59), MONDAY.replace(hour=1, minute=1), True, True),
        (MONDAY.replace(hour=3, minute=59), MONDAY.replace(hour=4), False, True),
        (MONDAY.replace(hour=3, minute=58), MONDAY.replace(hour=3, minute=59), True, False),
        (FLASH.valid_from - timedelta(seconds=9), FLASH.valid_from + timedelta(seconds=9), False, True),
    ],
)
def test_a_call_across_a_boundary_goes_by_its_end_and_is_an_estimate(
    started: datetime, ended: datetime, peak: bool, straddles: bool
) -> None:
    cost = TARIFF.cost("flash", CHECK, started=started, ended=ended)

    assert cost is not None
    assert (cost.peak, cost.straddles) == (peak, straddles)
    assert cost.amount == cost_at(ended).amount


def test_without_a_peak_factor_nothing_straddles() -> None:
    flat = replace(TARIFF, rows=(replace(FLASH, peak_factor=Decimal(1)),))
    cost = flat.cost("flash", CHECK, started=MONDAY, ended=MONDAY.replace(hour=2))

    assert cost is not None
    assert (cost.peak, cost.straddles, cost.amount) == (True, False, Decimal("0.00005361"))


@given(tokens, tokens, moments)
def test_costs_add_up(one: Tokens, other: Tokens, moment: datetime) -> None:
    both = Tokens(one.cache_hit + other.cache_hit, one.cache_miss + other.cache_miss, one.output + other.output)

    assert cost_at(moment, both).amount == cost_at(moment, one).amount + cost_at(moment, other).amount


@given(tokens, moments)
def test_a_cost_is_never_negative_and_peak_doubles_it(used: Tokens, moment: datetime) -> None:
    cost = cost_at(moment, used)
    calm = replace(TARIFF, windows=()).cost("flash", used, started=moment, ended=moment)

    assert calm is not None
    assert cost.amount == calm.amount * (2 if cost.peak else 1) >= 0


@given(tokens, moments, counts)
def test_a_cache_hit_is_never_dearer(used: Tokens, moment: datetime, hits: int) -> None:
    hits = min(hits, used.cache_miss)
    cheaper = Tokens(used.cache_hit + hits, used.cache_miss - hits, used.output)

    assert cost_at(moment, cheaper).amount <= cost_at(moment, used).amount
