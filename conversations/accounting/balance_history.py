"""How balances went, for a chart: what there was at the end of each day, or of each hour for a few days."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Max, Q, QuerySet
from django.db.models.functions import TruncDate, TruncHour

from conversations.accounting.latency import is_hourly, moment_of
from conversations.accounting.selection import Selection
from conversations.models import BalanceReading


@dataclass(frozen=True)
class CurrencyHistory:
    """`totals`: by upstream, one for each moment; None before the first reading of the selection."""

    currency: str
    moments: list[date | datetime]
    totals: dict[str, list[Decimal | None]]


def readings_of(selection: Selection) -> QuerySet[BalanceReading]:
    """The readings of the days of the selection, newest first."""
    start = datetime.combine(selection.since, datetime.min.time(), UTC)
    end = datetime.combine(selection.until, datetime.min.time(), UTC) + timedelta(days=1)
    chosen = BalanceReading.objects.filter(taken_at__gte=start, taken_at__lt=end)
    return chosen.order_by("-taken_at", "upstream", "currency")


def histories(selection: Selection) -> list[CurrencyHistory]:
    """One for each currency. Two queries, whatever the number of readings."""
    cut = TruncHour if is_hourly(selection) else TruncDate
    rows: Any = readings_of(selection).order_by().annotate(moment=cut("taken_at", tzinfo=UTC))
    keys = list(rows.values_list("currency", "upstream", "moment").annotate(last=Max("taken_at")))
    at = moment_of(selection)
    last = Q(taken_at__in={key[3] for key in keys})
    points: dict[tuple[str, str], dict[date | datetime, Decimal]] = {}
    # The last moment of one currency may be any moment of another one: of several in a day, the latest wins.
    for row in BalanceReading.objects.filter(last).order_by("taken_at"):
        hour = row.taken_at.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
        points.setdefault((row.currency, row.upstream), {})[at(hour)] = row.total
    return [_history(currency, points) for currency in sorted({currency for currency, _ in points})]


def _history(currency: str, points: dict[tuple[str, str], dict[date | datetime, Decimal]]) -> CurrencyHistory:
    own = {upstream: totals for (its, upstream), totals in sorted(points.items()) if its == currency}
    known = sorted({moment for totals in own.values() for moment in totals})
    moments = _without_gaps(known)
    return CurrencyHistory(currency, moments, {name: _carried(moments, totals) for name, totals in own.items()})


def _without_gaps(known: list[Any]) -> list[date | datetime]:
    step = timedelta(hours=1) if isinstance(known[0], datetime) else timedelta(days=1)
    return [known[0] + n * step for n in range((known[-1] - known[0]) // step + 1)]


def _carried(moments: list[date | datetime], totals: dict[date | datetime, Decimal]) -> list[Decimal | None]:
    """A balance that was not read anew is what it was."""
    carried: list[Decimal | None] = []
    for moment in moments:
        carried.append(totals.get(moment, carried[-1] if carried else None))
    return carried
