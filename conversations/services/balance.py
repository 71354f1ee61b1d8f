"""The balance of the accounts at upstreams: read, written down, and what follows from it.

Two names for one account: calls and alerts carry the upstream's name in the ledger, readings of demo mode carry
`simulator`, so that they never count as what a real account had.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from django.db import transaction
from django.db.models import QuerySet

from conversations.accounting.calls import BALANCE_EXHAUSTED
from conversations.accounting.forecast import WINDOWS, Forecast, Reading, forecast, soonest
from conversations.deepseek import Balance
from conversations.models import BalanceMark, BalanceReading, UpstreamCall
from conversations.services import alerts, standing

Facts = dict[str, alerts.Fact]

SIMULATOR = "simulator"
LOW, ENDING = "balance_low", "balance_ending"

_AT_LEAST_EVERY = timedelta(hours=1)
"""A balance that does not change is written down this often."""
_SETTLED = timedelta(minutes=1)
"""How long after a 402 an unchanged balance that calls itself enough is believed."""
_RELIEF = Decimal("1.2")
"""A mark in days is left behind when the balance lasts for a fifth longer: forecasts sway from day to day."""


@dataclass(frozen=True, slots=True)
class Account:
    """The newest reading of one currency, and how long it lasts by the last days."""

    reading: BalanceReading
    forecasts: tuple[Forecast | None, ...]

    @property
    def ending(self) -> Forecast | None:
        """The forecast that ends first."""
        return soonest(self.forecasts)


def reading_name(upstream: str, *, simulated: bool) -> str:
    """The name under which an upstream's balance is written down."""
    return SIMULATOR if simulated else upstream


def refused(upstream: str) -> bool:
    """A call was answered with 402. True when that is news: questions are kept from that upstream from now on."""
    news = alerts.raised(standing.EXHAUSTED, upstream, {"upstream": upstream})
    standing.forget()
    return news


def was_refused(since: datetime) -> bool:
    """Whether any call, of whatever purpose, was answered with 402 from `since` on."""
    return UpstreamCall.objects.filter(error_code=BALANCE_EXHAUSTED, started_at__gte=since).exists()


def answered(upstream: str, started_at: datetime) -> bool:
    """A call that began at `started_at` brought an answer. True when that is news: there is balance again."""
    alert = alerts.open_keys(standing.EXHAUSTED).get(upstream)
    if alert is None or started_at <= alert.raised_at:
        return False
    return _available_again(upstream)


def note(upstream: str, balance: Balance, *, simulated: bool, asked_at: datetime) -> None:
    """Write down what an upstream said about its account when it was asked at `asked_at`, and warn, trip and heal by
    it. One transaction."""
    name = reading_name(upstream, simulated=simulated)
    with transaction.atomic():
        before = _newest(name)
        rows = [
            BalanceReading(
                taken_at=asked_at,
                upstream=name,
                currency=info.currency[:3],
                total=info.total_balance,
                granted=info.granted_balance,
                topped_up=info.topped_up_balance,
                is_available=balance.is_available,
            )
            for info in balance.balance_infos
        ]
        BalanceReading.objects.bulk_create(
            [row for row in rows if _is_new(row, before.get(row.currency))], ignore_conflicts=True
        )
        if not balance.is_available:
            if not _is_contradicted(upstream, before):
                refused(upstream)
        elif _is_believed(upstream, rows, before, asked_at):
            _available_again(upstream)
        _check_marks(upstream, name, rows, asked_at)


def accounts(now: datetime) -> list[Account]:
    """Every account and currency that was read in the last 30 days, with its forecasts. Two queries."""
    points = _points(BalanceReading.objects.all(), now)
    last = BalanceReading.objects.filter(taken_at__in={found[-1][0] for found in points.values()})
    rows = {(row.upstream, row.currency, row.taken_at): row for row in last}
    return [
        Account(rows[*key, found[-1][0]], _forecasts(found, now))
        for key, found in sorted(points.items())
        if (*key, found[-1][0]) in rows
    ]


def _points(readings: QuerySet[BalanceReading], now: datetime) -> dict[tuple[str, str], list[Reading]]:
    """What was there when, by upstream and currency, oldest first, within the longest of `WINDOWS`. One query."""
    recent = readings.filter(taken_at__gt=now - timedelta(days=max(WINDOWS)), taken_at__lte=now).order_by("taken_at")
    points: dict[tuple[str, str], list[Reading]] = defaultdict(list)
    for upstream, currency, taken_at, total in recent.values_list("upstream", "currency", "taken_at", "total"):
        points[upstream, currency].append((taken_at, total))
    return points


def _forecasts(points: Sequence[Reading], now: datetime) -> tuple[Forecast | None, ...]:
    """One for each of `WINDOWS`."""
    return tuple(forecast(points, days, now) for days in WINDOWS)


def _newest(name: str) -> dict[str, BalanceReading]:
    newest: dict[str, BalanceReading] = {}
    readings = BalanceReading.objects.filter(upstream=name)
    for currency in readings.order_by().values_list("currency", flat=True).distinct():
        row = readings.filter(currency=currency).order_by("-taken_at").first()
        if row is not None:
            newest[currency] = row
    return newest


def _is_new(row: BalanceReading, before: BalanceReading | None) -> bool:
    if before is None or row.taken_at - before.taken_at >= _AT_LEAST_EVERY:
        return True
    said = ("total", "granted", "topped_up", "is_available")
    return any(getattr(row, name) != getattr(before, name) for name in said)


def _is_believed(
    upstream: str, rows: list[BalanceReading], before: dict[str, BalanceReading], asked_at: datetime
) -> bool:
    """Whether "there is enough" outweighs the last 402: the balance has risen since, or that was a while ago."""
    if any(row.currency in before and row.total > before[row.currency].total for row in rows):
        return True
    calls = UpstreamCall.objects.filter(error_code=BALANCE_EXHAUSTED, upstream=upstream)
    last = calls.order_by("-started_at").values_list("ended_at", flat=True).first()
    return last is None or asked_at - last >= _SETTLED


def _is_contradicted(upstream: str, before: dict[str, BalanceReading]) -> bool:
    """Whether answers came although there was "not enough" already: the calls know better, and administrators are not
    told of it again and again."""
    said = [row.taken_at for row in before.values() if not row.is_available]
    if not said:
        return False
    return UpstreamCall.objects.filter(
        upstream=upstream, started_at__gt=min(said), first_token_at__isnull=False
    ).exists()


def _available_again(upstream: str) -> bool:
    news = alerts.recovered(standing.EXHAUSTED, upstream)
    if news:
        standing.forget()
    return news


def _check_marks(upstream: str, name: str, rows: list[BalanceReading], now: datetime) -> None:
    marks, checked = list(BalanceMark.objects.all()), set()
    points = _points(BalanceReading.objects.filter(upstream=name), now)
    for row in rows:
        ending = soonest(_forecasts(points[name, row.currency], now))
        for mark in marks:
            if mark.currency in ("", row.currency):
                key = f"{name}:{row.currency}:{mark.pk}"
                facts: Facts = {"upstream": upstream, "currency": row.currency, "total": _plain(row.total)}
                checked.add(_check_mark(mark, key, facts, row.total, ending, now))
    for kind in (LOW, ENDING):
        for key in alerts.open_keys(kind):
            # Marks that an administrator removed or changed meanwhile.
            if rows and key.startswith(f"{name}:") and (kind, key) not in checked:
                alerts.recovered(kind, key)


def _check_mark(
    mark: BalanceMark, key: str, facts: Facts, total: Decimal, ending: Forecast | None, now: datetime
) -> tuple[str, str]:
    """Warn or give the all-clear. Returns kind and key of the alert."""
    if mark.amount is not None:
        kind, below, above = LOW, total < mark.amount, total >= mark.amount
        facts["limit"] = _plain(mark.amount)
    else:
        kind, days = ENDING, mark.days or 0
        left = ending.left if ending is not None else None
        # Nothing spent and nothing left is the end as well.
        below = left < days if left is not None else total <= 0
        above = left >= days * _RELIEF if left is not None else total > 0
        day = ending.day if ending is not None and ending.day is not None else now.date()
        facts |= {"limit": days, "day": day.isoformat()}
    if below:
        alerts.raised(kind, key, facts)
    elif above:
        alerts.recovered(kind, key)
    return kind, key


def _plain(amount: Decimal) -> str:
    """Without the zeros behind it, but with its cents."""
    text = f"{amount.normalize():f}"
    whole, _, fraction = text.partition(".")
    return f"{whole}.{fraction.ljust(2, '0')}"
