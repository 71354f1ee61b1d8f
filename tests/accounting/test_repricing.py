"""Repricing brings the ledger, its rollup and the answers in line with the tariff, and says what it changes."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest

from conversations.accounting import ledger, repricing
from conversations.accounting.repricing import Period, preview, reprice
from conversations.models import Holiday, Price, UpstreamCall, UsageDay
from tests.accounting.books import assert_books_agree
from tests.accounting.conftest import SATURDAY, MakeCall

pytestmark = pytest.mark.django_db
WEEKEND = Period(since=SATURDAY.date(), until=SATURDAY.date() + timedelta(days=1))
MONDAY_PEAK = SATURDAY.replace(day=5, hour=2)


def correct_price(output: str = "1.20") -> None:
    Price.objects.filter(model="deepseek-flash", valid_from__date="2026-09-10", currency="USD").update(output=output)


def test_a_corrected_price_counts_for_recorded_calls_once_they_are_repriced(make_call: MakeCall) -> None:
    calls = ledger.record([make_call(), make_call(), make_call(model_asked="deepseek-v4-pro")])
    before = UpstreamCall.objects.get(pk=calls[2].pk).cost
    correct_price()

    seen, done = preview(WEEKEND), reprice(WEEKEND)

    assert (seen.looked_at, seen.changed, seen.rows()) == (done.looked_at, done.changed, done.rows())
    assert (done.looked_at, done.changed) == (3, 2)
    assert done.rows() == [("USD", Decimal("0.00010722"), Decimal("0.00020682"), Decimal("0.0000996"))]
    assert UpstreamCall.objects.get(pk=calls[0].pk).cost == Decimal("0.00010341")
    assert UpstreamCall.objects.get(pk=calls[2].pk).cost == before
    assert_books_agree()
    assert reprice(WEEKEND).changed == 0


def test_a_preview_changes_nothing(make_call: MakeCall) -> None:
    (call,) = ledger.record([make_call()])
    correct_price()

    assert preview(WEEKEND).changed == 1
    assert UpstreamCall.objects.get().cost == call.cost
    assert_books_agree()


def test_other_days_models_and_simulated_calls_are_left_alone(make_call: MakeCall) -> None:
    ledger.record(
        [
            make_call(started_at=SATURDAY - timedelta(days=1)),
            make_call(started_at=SATURDAY + timedelta(days=2)),
            make_call(simulated=True),
            make_call(),
        ]
    )
    correct_price()

    assert reprice(Period(since=WEEKEND.since, until=WEEKEND.until, model="deepseek-v4-pro")).changed == 0
    assert reprice(WEEKEND).changed == 1
    assert_books_agree()


def test_a_call_belongs_to_the_day_of_its_end(make_call: MakeCall) -> None:
    ledger.record([make_call(started_at=SATURDAY.replace(hour=0) - timedelta(seconds=1))])
    correct_price()

    assert reprice(Period(since=SATURDAY.date(), until=SATURDAY.date())).changed == 1


def test_a_holiday_entered_late_takes_the_peak_away(make_call: MakeCall) -> None:
    (call,) = ledger.record([make_call(started_at=MONDAY_PEAK)])
    assert call.peak
    Holiday.objects.create(day=date(2026, 10, 5))

    found = reprice(Period(since=date(2026, 10, 5), until=date(2026, 10, 5)))

    assert found.rows()[0][3] == Decimal("-0.00005361")
    stored = UpstreamCall.objects.get()
    assert (stored.peak, stored.cost) == (False, Decimal("0.00005361"))
    assert_books_agree()


def test_a_price_entered_late_and_one_in_another_currency_move_a_call_to_another_row_of_the_rollup(
    make_call: MakeCall,
) -> None:
    ledger.record([make_call(model_asked="mystery")])
    free = {"valid_from": SATURDAY - timedelta(days=9), "cache_hit": 0, "cache_miss": 0, "output": Decimal(1)}
    price = Price.objects.create(model="mystery", currency="EUR", **free)

    assert reprice(WEEKEND).rows() == [("EUR", Decimal(0), Decimal("0.000083"), Decimal("0.000083"))]
    assert list(UsageDay.objects.values_list("currency", "calls")) == [("EUR", 1)]
    assert_books_agree()

    Price.objects.filter(pk=price.pk).update(valid_from=SATURDAY + timedelta(days=1))
    reprice(WEEKEND)
    assert list(UsageDay.objects.values_list("currency", "calls", "cost")) == [("", 1, Decimal(0))]
    assert_books_agree()


def test_long_periods_go_in_batches(make_call: MakeCall, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(repricing, "_BATCH", 2)
    ledger.record([make_call() for _ in range(3)] + [make_call(started_at=SATURDAY + timedelta(hours=1))] * 1)
    correct_price()
    told: list[int] = []

    found = reprice(WEEKEND, progress=lambda found: told.append(found.looked_at))

    assert (found.changed, told) == (4, [2, 4])
    assert_books_agree()


def test_estimates_stay_estimates(make_call: MakeCall) -> None:
    ledger.record([make_call(estimated=True, error_code="stalled")])
    correct_price()
    reprice(WEEKEND)

    assert UpstreamCall.objects.get().estimated
    assert_books_agree()
