"""The ledger counts every call once, and its rollup says the same as its rows."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any
from uuid import UUID

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from conversations.accounting import ledger, tariff
from conversations.models import Price, UpstreamCall, UsageDay
from tests.accounting.books import assert_books_agree
from tests.accounting.conftest import SATURDAY, MakeCall

CHECK_COST = Decimal("0.00005361")


@pytest.mark.django_db
def test_a_call_is_priced_and_added_to_its_day(make_call: MakeCall) -> None:
    (call,) = ledger.record([make_call()])

    stored = UpstreamCall.objects.get()
    assert (stored.pk, stored.cost, stored.currency, stored.peak) == (call.pk, CHECK_COST, "USD", False)
    assert stored.price == Price.objects.get(model="deepseek-flash", valid_from__date="2026-09-10", currency="USD")
    day = UsageDay.objects.get()
    assert (day.user_ref, day.day, day.model, day.calls, day.cost) == (
        call.user_ref,
        SATURDAY.date(),
        "deepseek-flash",
        1,
        CHECK_COST,
    )


@pytest.mark.django_db
def test_recording_again_counts_once(make_call: MakeCall) -> None:
    call = make_call()

    assert ledger.record([call]) == [call]
    assert ledger.record([call]) == []
    assert ledger.record([call, other := make_call()]) == [other]
    assert UpstreamCall.objects.count() == 2
    assert_books_agree()


@pytest.mark.django_db
def test_a_call_named_twice_in_one_batch_counts_once(make_call: MakeCall) -> None:
    call = make_call()

    assert ledger.record([call, call]) == [call]
    assert_books_agree()


@pytest.mark.django_db
def test_a_peak_call_costs_double(make_call: MakeCall) -> None:
    (call,) = ledger.record([make_call(started_at=datetime.fromisoformat("2026-11-16T02:00:00Z"))])

    assert (call.cost, call.peak, call.estimated) == (CHECK_COST * 2, True, False)


@pytest.mark.django_db
def test_a_call_across_a_peak_boundary_is_an_estimate(make_call: MakeCall) -> None:
    (call,) = ledger.record([make_call(started_at=datetime.fromisoformat("2026-11-16T00:59:59Z"))])

    assert (call.peak, call.estimated) == (True, True)
    assert UsageDay.objects.get().estimated_calls == 1


@pytest.mark.django_db
def test_simulated_calls_cost_nothing_and_are_counted_apart(make_call: MakeCall) -> None:
    ledger.record([make_call(simulated=True), make_call()])

    simulated, real = UsageDay.objects.get(simulated=True), UsageDay.objects.get(simulated=False)
    assert (simulated.calls, simulated.output_tokens, simulated.cost) == (1, 83, Decimal(0))
    assert (real.calls, real.cost) == (1, CHECK_COST)
    assert UpstreamCall.objects.get(simulated=True).cost == 0


@pytest.mark.django_db
def test_a_call_without_a_known_price_is_counted_without_cost(make_call: MakeCall) -> None:
    (call,) = ledger.record([make_call(model_asked="mystery", model_served="mystery-2")])

    assert (call.cost, call.currency, call.price_id) == (None, "", None)
    day = UsageDay.objects.get()
    assert (day.calls, day.output_tokens, day.cost, day.currency) == (1, 83, Decimal(0), "")


@pytest.mark.django_db
def test_the_served_model_decides_the_price_and_the_asked_one_where_that_has_none(make_call: MakeCall) -> None:
    served, unknown = ledger.record(
        [make_call(model_served="deepseek-v4-pro"), make_call(model_served="deepseek-flash-1017")]
    )

    assert served.price is not None
    assert served.price.model == "deepseek-v4-pro"
    assert unknown.cost == CHECK_COST


@pytest.mark.django_db
def test_another_servers_answer_is_not_priced_by_the_name_that_was_asked(make_call: MakeCall) -> None:
    for served, cost in (("qwen3", None), ("", None), ("deepseek-flash", CHECK_COST)):
        (call,) = ledger.record([make_call(upstream="spare", model_served=served)])
        assert call.cost == cost
    assert_books_agree()


@pytest.mark.django_db
def test_a_call_belongs_to_the_utc_day_of_its_end(make_call: MakeCall) -> None:
    midnight = SATURDAY.replace(hour=23, minute=59, second=59)
    ledger.record([make_call(started_at=midnight), make_call(started_at=midnight - timedelta(seconds=9))])

    assert [str(day) for day in UsageDay.objects.order_by("day").values_list("day", flat=True)] == [
        "2026-10-03",
        "2026-10-04",
    ]


@pytest.mark.django_db
def test_a_failure_that_was_not_billed_costs_nothing(make_call: MakeCall) -> None:
    none = {"cache_hit_tokens": 0, "cache_miss_tokens": 0, "output_tokens": 0}
    (call,) = ledger.record([make_call(error_code="overloaded", **none)])

    assert call.cost == 0
    assert UsageDay.objects.get().failures == 1


@pytest.mark.django_db
def test_the_rollup_adds_up_amounts_as_the_ledger_rounds_them(make_call: MakeCall) -> None:
    """One cached token of v4-pro cost 3.625 billionths in May."""
    tiny = {"cache_hit_tokens": 1, "cache_miss_tokens": 0, "output_tokens": 0, "model_asked": "deepseek-v4-pro"}
    ledger.record(make_call(started_at=datetime.fromisoformat("2026-05-30T12:00:00Z"), **tiny) for _ in range(3))

    assert UsageDay.objects.get().cost == Decimal("0.000000012")
    assert_books_agree()


@pytest.mark.django_db
def test_nothing_is_kept_of_a_transaction_that_fails(make_call: MakeCall) -> None:
    with transaction.atomic():
        ledger.record([make_call()])
        transaction.set_rollback(True)

    assert not UpstreamCall.objects.exists()
    assert not UsageDay.objects.exists()


@pytest.mark.django_db
def test_the_seeded_history_prices_each_period() -> None:
    prices = Price.objects.filter(model="deepseek-flash", currency="USD").order_by("valid_from")

    starts = [price.valid_from for price in prices]
    assert all(earlier < later for earlier, later in pairwise(starts))
    table = tariff.current_tariff()
    assert [table.currency, len(table.windows), len(table.rows)] == ["USD", 2, Price.objects.count()]
    assert [str(price.output.normalize()) for price in prices] == ["0.28", "0.28", "0.66", "0.6"]


@pytest.mark.django_db
def test_an_account_that_is_billed_in_cny_is_priced_in_cny(make_call: MakeCall, settings: Any) -> None:
    settings.ENVIRONMENT = replace(settings.ENVIRONMENT, billing_currency="CNY")
    tariff.forget()

    (call,) = ledger.record([make_call()])
    assert (call.currency, call.cost) == ("CNY", Decimal("0.0003574"))
    (before,) = ledger.record([make_call(started_at=datetime.fromisoformat("2026-05-30T12:00:00Z"))])
    assert before.currency == "USD", "the only price that is known of then"


@pytest.mark.django_db
def test_a_tariff_is_read_once_a_minute(django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(3):
        assert tariff.current_tariff() is tariff.current_tariff()


calls = st.fixed_dictionaries(
    {
        "cache_hit_tokens": st.integers(0, 100_000),
        "cache_miss_tokens": st.integers(0, 100_000),
        "output_tokens": st.integers(0, 100_000),
        "model_asked": st.sampled_from(["deepseek-flash", "deepseek-v4-pro", "mystery"]),
        "error_code": st.sampled_from(["", "", "stalled"]),
        "simulated": st.booleans(),
        "estimated": st.booleans(),
        "started_at": st.integers(-(10**7), 10**7).map(lambda seconds: SATURDAY + timedelta(seconds=seconds)),
    }
)


@pytest.mark.django_db
@examples(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(batches=st.lists(st.lists(calls, max_size=4), max_size=4))
def test_rollup_and_ledger_agree_after_any_calls(make_call: MakeCall, batches: list[list[dict[str, Any]]]) -> None:
    with transaction.atomic():
        for batch in batches:
            rows = [make_call(**columns) for columns in batch]
            ledger.record(rows)
            ledger.record(rows)
        if any(batches):
            assert_books_agree()
        transaction.set_rollback(True)


@pytest.mark.django_db(transaction=True)
def test_rollup_and_ledger_agree_under_concurrency(make_call: MakeCall) -> None:
    Price.objects.get_or_create(
        model="deepseek-flash",
        valid_from=SATURDAY - timedelta(days=30),
        defaults={"cache_hit": Decimal("0.003"), "cache_miss": Decimal("0.15"), "output": Decimal("0.6")},
    )
    shared = [make_call() for _ in range(4)]

    def work(number: int) -> list[UUID]:
        try:
            mine = [call.pk for _ in range(5) for call in ledger.record([make_call(output_tokens=number)])]
            return mine + [call.pk for call in ledger.record([shared[number]])]
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as threads:
        recorded = [pk for found in threads.map(work, range(4)) for pk in found]

    assert len(recorded) == len(set(recorded)) == UpstreamCall.objects.count() == 24
    assert UsageDay.objects.get().calls == 24
    assert_books_agree()
