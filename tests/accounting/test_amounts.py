"""Amounts stay decimals, whatever the database."""

from __future__ import annotations

from decimal import Decimal
from importlib import import_module
from types import SimpleNamespace

import pytest
from django.db import connection
from django.db.models import F, Sum, Value
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from conversations.models import Price, UsageDay
from tests.accounting.conftest import SATURDAY, MakeCall

UNIT = Decimal("0.000000001")
amounts = st.integers(0, 10**17).map(lambda units: Decimal(units) * UNIT)
sqlite_only = pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL has decimals of its own")


def day(make_call: MakeCall, cost: Decimal) -> UsageDay:
    return UsageDay(user_ref=make_call().user_ref, day=SATURDAY.date(), model=str(cost), cost=cost)


@pytest.mark.django_db
@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(costs=st.lists(amounts, min_size=1, max_size=10, unique=True))
def test_sums_are_exact_to_the_last_unit(make_call: MakeCall, costs: list[Decimal]) -> None:
    """A float has no room for 17 digits."""
    UsageDay.objects.all().delete()
    UsageDay.objects.bulk_create(day(make_call, cost) for cost in costs)

    assert UsageDay.objects.aggregate(total=Sum("cost"))["total"] == sum(costs)
    UsageDay.objects.update(cost=F("cost") + Value(UNIT, UsageDay._meta.get_field("cost")))
    assert sorted(UsageDay.objects.values_list("cost", flat=True)) == sorted(cost + UNIT for cost in costs)
    assert UsageDay.objects.filter(cost__gt=max(costs)).count() == 1
    assert UsageDay.objects.order_by("-cost")[0].cost == max(costs) + UNIT


@pytest.mark.django_db
def test_an_empty_sum_is_nothing_or_what_was_asked_for() -> None:
    none = UsageDay.objects.aggregate(total=Sum("cost"), zero=Sum("cost", default=Decimal(0)))

    assert none == {"total": None, "zero": Decimal(0)}


@sqlite_only
@pytest.mark.django_db
def test_sqlite_keeps_whole_numbers(make_call: MakeCall) -> None:
    day(make_call, Decimal("0.00005361")).save()

    with connection.cursor() as cursor:
        cursor.execute("SELECT typeof(cost), cost FROM conversations_usageday")
        assert cursor.fetchall() == [("integer", 53610)]
        cursor.execute("SELECT DISTINCT typeof(output) FROM conversations_price")
        assert cursor.fetchall() == [("integer",)]


@sqlite_only
@pytest.mark.django_db
def test_what_an_older_version_kept_as_floats_is_read_as_it_was_meant() -> None:
    migration = import_module("conversations.migrations.0008_money")
    before = {price.pk: price for price in Price.objects.all()}
    with connection.cursor() as cursor:
        editor = SimpleNamespace(connection=connection, execute=cursor.execute)
        migration.to_floats(None, editor)
        cursor.execute("SELECT cache_hit FROM conversations_price WHERE model = 'deepseek-v4-pro' ORDER BY cache_hit")
        assert cursor.fetchone() == (0.003625,)
        migration.to_units(None, editor)

    for price in Price.objects.all():
        assert (price.cache_hit, price.output) == (before[price.pk].cache_hit, before[price.pk].output)
