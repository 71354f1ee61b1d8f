"""What a change of the tariff does to the last thirty days."""

from __future__ import annotations

from dataclasses import replace
from datetime import time, timedelta
from decimal import Decimal

import pytest

from conversations.accounting import ledger
from conversations.accounting.tariff import read_tariff
from conversations.accounting.what_if import what_if
from tests.accounting.conftest import SATURDAY, MakeCall

pytestmark = pytest.mark.django_db
MONDAY = SATURDAY.replace(day=5)
NOW = MONDAY + timedelta(days=10)


def test_only_what_differs_is_told(make_call: MakeCall) -> None:
    ledger.record([make_call(), make_call(), make_call(model_asked="deepseek-v4-pro")])
    current = read_tariff()
    dearer = tuple(
        replace(row, output=row.output * 2) if row.model == "deepseek-flash" else row for row in current.rows
    )

    assert what_if(current, current, now=NOW) == []
    (change,) = what_if(current, replace(current, rows=dearer), now=NOW)
    assert (change.model, change.currency_before, change.currency_after, change.calls) == (
        "deepseek-flash",
        "USD",
        "USD",
        2,
    )
    assert (change.before, change.after) == (Decimal("0.00010722"), Decimal("0.00020682"))
    assert change.difference == Decimal("0.0000996")


def test_a_window_that_begins_within_an_hour_is_exact(make_call: MakeCall) -> None:
    ledger.record([make_call(started_at=MONDAY.replace(hour=12, minute=minute)) for minute in (10, 20, 40)])
    current = read_tariff()
    later = replace(current, windows=((time(12, 30), time(13)),))

    (change,) = what_if(current, later, now=NOW)
    assert (change.calls, change.difference) == (1, Decimal("0.00005361"))


def test_another_currency_and_no_price_are_not_compared(make_call: MakeCall) -> None:
    ledger.record([make_call()])
    current = read_tariff()

    (cny,) = what_if(current, replace(current, currency="CNY"), now=NOW)
    assert (cny.currency_after, cny.after, cny.difference) == ("CNY", Decimal("0.0003574"), None)
    (gone,) = what_if(current, replace(current, rows=()), now=NOW)
    assert (gone.currency_after, gone.after, gone.difference) == ("", Decimal(0), None)


def test_prices_of_a_moment_hold_for_all_times() -> None:
    tariff = read_tariff()
    in_may = tariff.at(SATURDAY.replace(month=5))

    row = next(row for row in in_may.rows if row.model == "deepseek-v4-pro")
    assert (row.output, row.currency) == (Decimal("0.87"), "USD")
    assert {row.valid_from.year for row in in_may.rows} == {1}
    assert len({(row.model, row.currency) for row in tariff.at(SATURDAY).rows}) == len(tariff.at(SATURDAY).rows)
