"""The hourly rollup of how quick the upstream was. It follows the ledger by some minutes: no answer waits for it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Count, F, FloatField, Func, IntegerField, Max, Min, QuerySet, Value
from django.db.models.functions import Cast, Floor, Greatest, Ln, TruncHour

from conversations.accounting.spread import LOG_GROWTH, SMALLEST, merged
from conversations.models import CallHour, UpstreamCall

_LATE = timedelta(hours=2)
"""How far back hours are counted anew: a call is recorded when it ends, and counts for the hour in which it began."""
_AT_ONCE = timedelta(days=1)
"""What one transaction counts: an old ledger is not read in one go."""

_KEYS = ("hour", "model_asked", "upstream", "simulated")
Key = tuple[datetime, str, str, bool]


class _Seconds(Func):
    """From the second moment to the first, in seconds with their fractions."""

    output_field = FloatField()
    arity = 2

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        template = "((julianday(%(expressions)s)) * 86400.0)"
        return super().as_sql(compiler, connection, template=template, arg_joiner=") - julianday(", **context)

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        template = "(EXTRACT(EPOCH FROM (%(expressions)s))::double precision)"
        return super().as_sql(compiler, connection, template=template, arg_joiner=" - ", **context)


def stale(now: datetime) -> Iterator[tuple[datetime, datetime]]:
    """The spans of time (from, to) that are to be counted, oldest first: what is new since the last time, and all of
    the ledger the first time. Two queries."""
    ledger = UpstreamCall.objects.aggregate(oldest=Min("started_at"))["oldest"]
    counted = CallHour.objects.filter(whole_day=False).aggregate(oldest=Min("hour"), newest=Max("hour"))
    if ledger is None:
        return
    start = _hour_of(ledger)
    if counted["oldest"] is not None and counted["oldest"] <= start:
        start = max(start, counted["newest"] - _LATE)
    end = _hour_of(now) + timedelta(hours=1)
    while start < end:
        until = min(end, start + _AT_ONCE)
        yield start, until
        start = until


def count(since: datetime, until: datetime) -> None:
    """Count the calls that began from `since` to `until` (full hours) anew. One transaction."""
    with transaction.atomic():
        _replace(_counted(since, until), since, until, whole_day=False)
        days = (_day_of(since), _day_of(until - timedelta(hours=1)) + timedelta(days=1))
        _replace(_added_up(*days), *days, whole_day=True)


def _replace(rows: Iterable[CallHour], since: datetime, until: datetime, *, whole_day: bool) -> None:
    CallHour.objects.filter(whole_day=whole_day, hour__gte=since, hour__lt=until).delete()
    CallHour.objects.bulk_create(rows)


def _added_up(since: datetime, until: datetime) -> list[CallHour]:
    """The days from `since` to `until`, from their hours."""
    days: dict[Key, list[CallHour]] = defaultdict(list)
    for row in CallHour.objects.filter(whole_day=False, hour__gte=since, hour__lt=until):
        days[_day_of(row.hour), row.model, row.upstream, row.simulated].append(row)
    return [
        CallHour(
            hour=key[0],
            whole_day=True,
            model=key[1],
            upstream=key[2],
            simulated=key[3],
            calls=sum(row.calls for row in rows),
            first_token=merged(row.first_token for row in rows),
            speed=merged(row.speed for row in rows),
        )
        for key, rows in days.items()
    ]


def _counted(since: datetime, until: datetime) -> list[CallHour]:
    calls = UpstreamCall.objects.filter(started_at__gte=since, started_at__lt=until).order_by()
    begun = calls.filter(first_token_at__isnull=False)
    first_token = _spread(begun, _Seconds(F("first_token_at"), F("started_at")))
    measured = begun.filter(estimated=False, output_tokens__gt=0, ended_at__gt=F("first_token_at"))
    seconds = Greatest(_Seconds(F("ended_at"), F("first_token_at")), Value(SMALLEST, FloatField()))
    speed = _spread(measured, Cast("output_tokens", FloatField()) / seconds)
    grouped: Any = calls.annotate(hour=TruncHour("started_at", tzinfo=UTC)).values_list(*_KEYS)
    return [
        CallHour(
            hour=key[0],
            model=key[1],
            upstream=key[2],
            simulated=key[3],
            calls=number,
            first_token=first_token.get(tuple(key), {}),
            speed=speed.get(tuple(key), {}),
        )
        for *key, number in grouped.annotate(number=Count("*"))
    ]


def _spread(calls: QuerySet[UpstreamCall], value: Any) -> dict[Key, dict[str, int]]:
    """How many calls fall into each bucket of `accounting.spread`, by hour, model, upstream and simulated."""
    least = Greatest(value, Value(SMALLEST, FloatField()), output_field=FloatField())
    bucket = Cast(Floor(Ln(least) / Value(LOG_GROWTH, FloatField())), IntegerField())
    keyed: Any = calls.annotate(hour=TruncHour("started_at", tzinfo=UTC), bucket=bucket).values_list(*_KEYS, "bucket")
    spreads: dict[Key, dict[str, int]] = defaultdict(dict)
    for *key, number, calls_in_it in keyed.annotate(number=Count("*")):
        spreads[tuple(key)][str(number)] = calls_in_it
    return spreads


def _day_of(moment: datetime) -> datetime:
    return _hour_of(moment).replace(hour=0)


def _hour_of(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
