"""How quick the upstream was, as percentiles, from the hourly rollup."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TypeVar

from conversations.accounting.selection import Selection
from conversations.accounting.spread import merged, percentile
from conversations.models import CallHour

HOURLY_UP_TO = 3
"""Days of a selection that are shown hour by hour; longer ones are shown day by day."""

Moment = date | datetime
K = TypeVar("K", Moment, tuple[str, str])


@dataclass(frozen=True, slots=True, kw_only=True)
class Latency:
    """Of some calls. Seconds to the first token, and tokens a second from there on; None where nothing is known.

    `half`, `most` and `nearly_all`: what 50, 90 and 99 percent of the calls did not exceed. `slow_speed`: what 90
    percent of them were faster than.
    """

    calls: int
    half: float | None
    most: float | None
    nearly_all: float | None
    speed: float | None
    slow_speed: float | None


@dataclass(frozen=True)
class Latencies:
    """`by_model`: by model and upstream; `by_moment`: day by day, or hour by hour for a few days."""

    calls: int
    by_model: list[tuple[str, str, Latency]]
    by_moment: list[tuple[Moment, Latency]]


def latencies(selection: Selection, *, simulated: bool) -> Latencies:
    """Of the calls that began in the days of the selection, of its model; of all people; of simulated calls only if
    `simulated`. One query."""
    start = datetime.combine(selection.since, datetime.min.time(), UTC)
    end = datetime.combine(selection.until, datetime.min.time(), UTC) + timedelta(days=1)
    rows = CallHour.objects.filter(whole_day=not is_hourly(selection), hour__gte=start, hour__lt=end)
    if not simulated:
        rows = rows.filter(simulated=False)
    if selection.model:
        rows = rows.filter(model=selection.model)
    found = list(rows.order_by("hour"))
    at = moment_of(selection)
    return Latencies(
        calls=sum(row.calls for row in found),
        by_model=[(*key, latency) for key, latency in _by(found, lambda row: (row.model, row.upstream))],
        by_moment=_by(found, lambda row: at(row.hour)),
    )


def is_hourly(selection: Selection) -> bool:
    return (selection.until - selection.since).days < HOURLY_UP_TO


def moment_of(selection: Selection) -> Callable[[datetime], Moment]:
    """Which moment of a chart an hour belongs to."""
    if is_hourly(selection):
        return lambda hour: hour.astimezone(UTC)
    return lambda hour: hour.astimezone(UTC).date()


def _by(rows: Iterable[CallHour], key: Callable[[CallHour], K]) -> list[tuple[K, Latency]]:
    groups: dict[K, list[CallHour]] = defaultdict(list)
    for row in rows:
        groups[key(row)].append(row)
    return [(name, _latency(group)) for name, group in sorted(groups.items())]


def _latency(rows: list[CallHour]) -> Latency:
    first_token, speed = merged(row.first_token for row in rows), merged(row.speed for row in rows)
    return Latency(
        calls=sum(row.calls for row in rows),
        half=percentile(first_token, 0.5),
        most=percentile(first_token, 0.9),
        nearly_all=percentile(first_token, 0.99),
        speed=percentile(speed, 0.5),
        slow_speed=percentile(speed, 0.1),
    )
