"""Whether the ledger tells the truth: its cost beside the fall of the balance, and its rollup beside its rows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

from django.db import connection, transaction
from django.db.models import Count, Q, Sum
from django.db.models.functions import TruncDate

from conversations.deepseek.calls import FIRST
from conversations.models import BalanceReading, SiteDay, UpstreamCall, UsageDay

_DAY = timedelta(days=1)
_STALE = 2 * _DAY
"""A reading that is older than this at midnight does not stand for it."""

_Key = tuple[date, str, bool]
"""Day, currency, simulated."""
_TOKENS = ("cache_hit_tokens", "cache_miss_tokens", "output_tokens", "reasoning_tokens")
_SUMS = ("calls", "failures", "estimated_calls", *_TOKENS, "cost")


@dataclass(frozen=True, slots=True, kw_only=True)
class DayOfBalance:
    """A UTC day in one currency, between the readings of the balance that are the last before its two midnights.

    `cost` and `estimated` (its part that is an estimate) are the ledger's between the very same moments.
    """

    day: date
    currency: str
    since: datetime
    until: datetime
    cost: Decimal
    estimated: Decimal
    fell: Decimal
    """What the balance lost, falls alone."""
    rose: Decimal
    """What was paid in or granted; what was spent between the two readings around it is hidden in it."""

    @property
    def drift(self) -> Decimal:
        """More was taken from the balance than the ledger knows of; negative: less."""
        return self.fell - self.cost


@dataclass(frozen=True, slots=True)
class RollupFault:
    """A sum of a day that is not the sum of the ledger's rows. `table` is the one that it stands in."""

    table: str
    day: date
    currency: str
    simulated: bool
    column: str
    ledger: Decimal
    rollup: Decimal


def against_balance(since: date, until: date, upstream: str = FIRST) -> list[DayOfBalance]:
    """The days from `since` to `until`, both included, for which there are two readings, by currency and day."""
    readings: dict[str, list[tuple[datetime, Decimal]]] = {}
    rows = BalanceReading.objects.filter(
        upstream=upstream, taken_at__gte=_midnight(since) - _STALE, taken_at__lt=_midnight(until) + _DAY
    ).order_by("taken_at")
    for currency, taken_at, total in rows.values_list("currency", "taken_at", "total"):
        readings.setdefault(currency, []).append((taken_at, total))
    return [
        found
        for currency, of_currency in sorted(readings.items())
        for day in _days(since, until)
        if (found := _day_of(day, currency, of_currency, upstream)) is not None
    ]


def rollup_faults(since: date, until: date) -> list[RollupFault]:
    """Where the daily rollups differ from the ledger; nothing, unless somebody wrote to the tables by hand."""
    with _one_moment():
        ledger = _ledger_sums(since, until)
        rollups = [(model._meta.db_table, _rollup_sums(model, since, until)) for model in (UsageDay, SiteDay)]
    nothing = dict.fromkeys(_SUMS, 0)
    return [
        RollupFault(table, *key, name, Decimal(here[name]), Decimal(there[name]))
        for table, rollup in rollups
        for key in sorted({*ledger, *rollup})
        for here, there in [(ledger.get(key, nothing), rollup.get(key, nothing))]
        for name in _SUMS
        if here[name] != there[name]
    ]


@contextmanager
def _one_moment() -> Iterator[None]:
    """All statements see the tables as they were at the first one, while answers go on ending."""
    is_first = not connection.in_atomic_block
    with transaction.atomic():
        if is_first and connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        yield


def _day_of(day: date, currency: str, readings: list[tuple[datetime, Decimal]], upstream: str) -> DayOfBalance | None:
    start, end = _midnight(day), _midnight(day) + _DAY
    before = [reading for reading in readings if start - _STALE <= reading[0] <= start][-1:]
    steps = before + [reading for reading in readings if start < reading[0] <= end]
    if len(steps) < 2:
        return None
    moves = [later - earlier for (_, earlier), (_, later) in pairwise(steps)]
    since, until = steps[0][0], steps[-1][0]
    calls = UpstreamCall.objects.filter(
        started_at__gt=since - _DAY, started_at__lte=until, ended_at__gt=since, ended_at__lte=until
    ).filter(upstream=upstream, currency=currency, simulated=False)
    nothing = Decimal(0)
    sums: dict[str, Decimal] = calls.aggregate(
        known=Sum("cost", default=nothing), guessed=Sum("cost", filter=Q(estimated=True), default=nothing)
    )
    return DayOfBalance(
        day=day,
        currency=currency,
        since=since,
        until=until,
        cost=sums["known"],
        estimated=sums["guessed"],
        fell=-sum((move for move in moves if move < 0), nothing),
        rose=sum((move for move in moves if move > 0), nothing),
    )


def _ledger_sums(since: date, until: date) -> dict[_Key, dict[str, Any]]:
    start, end = _midnight(since), _midnight(until) + _DAY
    calls = UpstreamCall.objects.filter(
        started_at__gte=start - _DAY, started_at__lt=end, ended_at__gte=start, ended_at__lt=end
    ).order_by()
    rows: Iterable[Any] = calls.values("currency", "simulated", day=TruncDate("ended_at", tzinfo=UTC)).annotate(
        calls=Count("pk"),
        failures=Count("pk", filter=~Q(error_code="")),
        estimated_calls=Count("pk", filter=Q(estimated=True)),
        **{f"{name}_sum": Sum(name) for name in _TOKENS},
        cost_sum=Sum("cost", default=Decimal(0)),
    )
    return {(row["day"], row["currency"], row["simulated"]): _named(row) for row in rows}


def _rollup_sums(model: Any, since: date, until: date) -> dict[_Key, dict[str, Any]]:
    days = model.objects.filter(day__gte=since, day__lte=until).order_by()
    rows = days.values("day", "currency", "simulated").annotate(**{f"{name}_sum": Sum(name) for name in _SUMS})
    return {(row["day"], row["currency"], row["simulated"]): _named(row) for row in rows}


def _named(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: row.get(f"{name}_sum", row.get(name)) for name in _SUMS}


def _days(since: date, until: date) -> Iterator[date]:
    return (since + timedelta(number) for number in range((until - since).days + 1))


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time.min, UTC)
