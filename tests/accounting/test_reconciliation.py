"""The ledger beside the balance, and the rollup beside the ledger."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from io import StringIO
from threading import Thread
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from conversations.accounting import ledger, reconciliation
from conversations.accounting.reconciliation import against_balance, rollup_faults
from conversations.models import BalanceReading, Price, UpstreamCall, UsageDay
from tests.accounting.conftest import SATURDAY, MakeCall

pytestmark = pytest.mark.django_db
MIDNIGHT = SATURDAY.replace(hour=0)
DAY = SATURDAY.date()


def read(moment: datetime, total: str, currency: str = "USD", upstream: str = "deepseek") -> None:
    BalanceReading.objects.create(
        taken_at=moment, upstream=upstream, currency=currency, total=Decimal(total), is_available=True
    )


def spend(make_call: MakeCall, dollars: int, moment: datetime, **columns: Any) -> None:
    """`dollars` at 0.60 a million tokens."""
    none = {"cache_hit_tokens": 0, "cache_miss_tokens": 0}
    tokens = dollars * 10_000_000 // 6 + (1 if dollars * 10_000_000 % 6 else 0)
    ledger.record([make_call(started_at=moment, output_tokens=tokens, **none, **columns)])


@pytest.fixture(autouse=True)
def _round_price() -> None:
    """One dollar a million tokens."""
    Price.objects.filter(model="deepseek-flash").update(output=Decimal("0.6"), peak_factor=1)


def test_a_day_is_measured_between_the_readings_next_to_its_midnights(make_call: MakeCall) -> None:
    read(MIDNIGHT - timedelta(minutes=10), "100.00")
    read(SATURDAY, "97.00")
    read(MIDNIGHT + timedelta(hours=23, minutes=50), "95.00")
    read(MIDNIGHT + timedelta(days=1, minutes=5), "94.00")
    spend(make_call, 1, MIDNIGHT - timedelta(hours=1))
    spend(make_call, 2, SATURDAY - timedelta(hours=1))
    spend(make_call, 1, SATURDAY + timedelta(hours=1), estimated=True)
    spend(make_call, 8, MIDNIGHT + timedelta(hours=23, minutes=55))

    (day,) = against_balance(DAY, DAY)

    assert (day.since, day.until) == (MIDNIGHT - timedelta(minutes=10), MIDNIGHT + timedelta(hours=23, minutes=50))
    assert (day.fell, day.rose) == (Decimal(5), Decimal(0))
    assert day.cost.quantize(Decimal("0.0001")) == 3
    assert day.estimated.quantize(Decimal("0.0001")) == 1
    assert day.drift.quantize(Decimal("0.0001")) == 2


def test_payments_are_told_apart_from_what_was_spent(make_call: MakeCall) -> None:
    for hour, total in enumerate(("10.00", "8.00", "58.00", "57.00")):
        read(MIDNIGHT + timedelta(hours=hour), total)

    (day,) = against_balance(DAY, DAY)
    assert (day.fell, day.rose) == (Decimal(3), Decimal(50))


def test_currencies_upstreams_and_days_without_readings_do_not_mix(make_call: MakeCall) -> None:
    for moment, total in ((MIDNIGHT, "10"), (SATURDAY, "9")):
        read(moment, total)
        read(moment, total, currency="CNY")
        read(moment, "5", upstream="other")
    spend(make_call, 1, SATURDAY - timedelta(hours=1))
    spend(make_call, 1, SATURDAY - timedelta(hours=1), upstream="other", model_served="deepseek-flash")
    spend(make_call, 1, SATURDAY - timedelta(hours=1), simulated=True)

    days = against_balance(DAY - timedelta(days=3), DAY + timedelta(days=5))

    assert [(day.currency, day.day, day.cost.quantize(Decimal(1))) for day in days] == [
        ("CNY", DAY, Decimal(0)),
        ("USD", DAY, Decimal(1)),
    ]


def test_the_command_shows_the_drift_and_can_insist_on_little(make_call: MakeCall) -> None:
    read(MIDNIGHT, "10.00")
    read(SATURDAY, "7.00")
    spend(make_call, 2, SATURDAY - timedelta(hours=1))
    said = StringIO()

    days = {"since": DAY, "until": DAY, "stdout": said}
    call_command("reconcile_usage", **days)
    assert "the daily rollup is the sum of the ledger" in said.getvalue()
    assert "50.0 % of the ledger" in said.getvalue()
    call_command("reconcile_usage", **days, most=Decimal(60))
    with pytest.raises(CommandError, match="more than 40"):
        call_command("reconcile_usage", **days, most=Decimal(40))


def test_a_rollup_that_was_written_by_hand_is_found(make_call: MakeCall) -> None:
    spend(make_call, 2, SATURDAY)
    assert rollup_faults(DAY, DAY) == []
    UsageDay.objects.update(calls=3)

    (fault,) = rollup_faults(DAY, DAY)
    assert fault.table == UsageDay._meta.db_table
    assert (fault.day, fault.column, int(fault.ledger), int(fault.rollup)) == (date(2026, 10, 3), "calls", 1, 3)
    with pytest.raises(CommandError, match="not the sum of the ledger"):
        call_command("reconcile_usage", since=DAY, until=DAY, stderr=StringIO())


def test_without_readings_it_says_so() -> None:
    said = StringIO()
    call_command("reconcile_usage", since=DAY, until=DAY, stdout=said)
    assert "two readings" in said.getvalue()


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite lets nobody write meanwhile")
@pytest.mark.django_db(transaction=True)
def test_what_ends_while_the_sums_are_made_is_no_fault(make_call: MakeCall, monkeypatch: pytest.MonkeyPatch) -> None:
    sums = reconciliation._rollup_sums

    def record() -> None:
        ledger.record([make_call()])
        connection.close()

    def late(*which: Any) -> Any:
        ended = Thread(target=record)
        ended.start()
        ended.join()
        return sums(*which)

    monkeypatch.setattr(reconciliation, "_rollup_sums", late)
    assert rollup_faults(DAY, DAY) == []
    assert UpstreamCall.objects.count() == 2
