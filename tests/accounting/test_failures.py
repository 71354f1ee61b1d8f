"""The hourly rollup, percentiles and failures, from ledger rows."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from uuid_utils.compat import uuid7

from chatsite.accounts.models import User
from conversations.accounting import call_hours
from conversations.accounting.failures import FailuresBy, FailureTable
from conversations.accounting.latency import latencies
from conversations.accounting.selection import Selection
from conversations.models import CallHour, Generation
from tests.admin.chats import call, marked_chat, record

AtMost = Callable[[int], AbstractContextManager[Any]]
DAY = datetime(2026, 10, 3, 12, 30, tzinfo=UTC)
ONE_DAY = Selection(date(2026, 10, 3), date(2026, 10, 3))
MONTH = Selection(date(2026, 9, 10), date(2026, 10, 9))


def timed(first_token: float, tokens: int, seconds: float, *, at: datetime = DAY, **columns: Any) -> None:
    begun = at + timedelta(seconds=first_token)
    ended = begun + timedelta(seconds=seconds)
    record(
        call(uuid7(), started_at=at, first_token_at=begun, ended_at=ended, output_tokens=tokens, **columns),
    )


def count_all() -> None:
    for since, until in call_hours.stale(datetime.now(UTC)):
        call_hours.count(since, until)


@pytest.mark.django_db
def test_percentiles_come_from_the_ledger() -> None:
    for number in range(1, 101):
        timed(number / 10, 100 * number, 10)
    timed(50, 10, 1, estimated=True)
    record(call(uuid7(), started_at=DAY, first_token_at=None, error_code="overloaded", finish_reason=""))
    count_all()

    ((model, upstream, found),) = latencies(ONE_DAY, simulated=False).by_model

    assert (model, upstream, found.calls) == ("deepseek-flash", "deepseek", 102)
    assert found.half == pytest.approx(5, rel=0.06)
    assert found.most == pytest.approx(9, rel=0.06)
    assert found.speed == pytest.approx(500, rel=0.06)
    assert found.slow_speed == pytest.approx(100, rel=0.06)


@pytest.mark.django_db
def test_counting_again_counts_once_and_finds_what_is_new_and_what_is_older() -> None:
    timed(1, 10, 1)
    count_all()
    timed(1, 10, 1, at=DAY + timedelta(minutes=5))
    timed(1, 10, 1, at=DAY + timedelta(hours=3), model_asked="deepseek-v4-pro")
    timed(1, 10, 1, at=DAY + timedelta(hours=3), simulated=True)
    count_all()
    count_all()
    assert [row.calls for row in CallHour.objects.filter(whole_day=False).order_by("hour", "model", "simulated")] == [
        2,
        1,
        1,
    ]

    timed(1, 10, 1, at=DAY - timedelta(days=10))
    count_all()
    for whole_day in (False, True):
        assert sum(CallHour.objects.filter(whole_day=whole_day).values_list("calls", flat=True)) == 5
    by_moment = latencies(MONTH, simulated=False).by_moment
    assert [(str(day), latency.calls) for day, latency in by_moment] == [("2026-09-23", 1), ("2026-10-03", 3)]


@pytest.mark.django_db
def test_failures_by_error_moment_model_and_upstream(alice: User, bob: User) -> None:
    failed = {"finish_reason": "", "http_status": 503, "started_at": DAY}
    record(
        call(alice.pk, error_code="overloaded", **failed),
        call(bob.pk, error_code="overloaded", **failed | {"upstream": "spare"}),
        call(bob.pk, error_code="stalled", **failed | {"started_at": DAY + timedelta(hours=2)}),
        call(bob.pk, error_code="moderation", **failed),
        call(bob.pk, error_code="stalled", **failed | {"simulated": True}),
        call(bob.pk, started_at=DAY),
    )
    chat = marked_chat(alice)
    Generation.objects.filter(pk=chat.answer.pk).update(
        status="failed", error_code="unreachable", upstream="deepseek", ended_at=DAY
    )

    table = FailureTable(ONE_DAY, simulated=False)

    assert table.calls == 4
    assert [(row.error, row.calls) for row in table.rows(FailuresBy.ERROR)] == [
        ("overloaded", 2),
        ("stalled", 1),
        ("unreachable", 1),
    ]
    newest = table.rows(FailuresBy.MOMENT)[0]
    assert (newest.moment, newest.error) == (DAY.replace(hour=14, minute=0), "stalled")
    assert {(row.upstream, row.calls) for row in table.rows(FailuresBy.UPSTREAM) if row.error == "overloaded"} == {
        ("deepseek", 1),
        ("spare", 1),
    }
    assert {row.model for row in table.rows(FailuresBy.MODEL)} == {"deepseek-flash"}
    moments, series = table.over_time()
    assert len(moments) == 24
    assert series["overloaded"][12] == 2
    assert sum(map(sum, series.values())) == 4
    mine = FailureTable(Selection(ONE_DAY.since, ONE_DAY.until, person=alice.pk), simulated=False)
    assert [(row.error, row.calls) for row in mine.rows(FailuresBy.ERROR)] == [("overloaded", 1), ("unreachable", 1)]


@pytest.mark.django_db
def test_the_table_takes_two_queries(django_assert_max_num_queries: AtMost) -> None:
    for _ in range(20):
        record(call(uuid7(), started_at=DAY, error_code="stalled", finish_reason=""))

    with django_assert_max_num_queries(2):
        table = FailureTable(MONTH, simulated=False)
        for by in FailuresBy:
            table.rows(by)
        moments, _series = table.over_time()
    assert len(moments) == 30
