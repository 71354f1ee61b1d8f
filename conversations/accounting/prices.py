"""What a call costs. Pure: `Decimal` in, `Decimal` out.

cost = hit x p_hit + miss x p_miss + output x p_out, all per million tokens; reasoning is already in the output. The
moment that decides between peak and off-peak is not documented by DeepSeek; the moment of completion is used, as in
its earlier off-peak scheme, and a call that straddles a boundary is marked as an estimate.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time
from decimal import Decimal

SMALLEST_AMOUNT = Decimal("0.000000001")
"""What stored amounts are rounded to (half to even): the ledger's columns have nine decimal places."""

_MILLION = Decimal(1_000_000)
_SATURDAY = 5
_ALWAYS = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Tokens:
    """Tokens of one call. `output` includes reasoning."""

    cache_hit: int
    cache_miss: int
    output: int


@dataclass(frozen=True, slots=True)
class PriceRow:
    """A price off-peak, in `currency` per million tokens, from `valid_from` on."""

    id: int
    model: str
    valid_from: datetime
    currency: str
    cache_hit: Decimal
    cache_miss: Decimal
    output: Decimal
    peak_factor: Decimal


@dataclass(frozen=True, slots=True)
class Cost:
    """What a call cost and by which row."""

    amount: Decimal
    currency: str
    price_id: int
    peak: bool
    straddles: bool
    """Whether the call began and ended at different prices: across a peak boundary or a change of price."""


@dataclass(frozen=True)
class Tariff:
    """All price rows with the peak windows (UTC, Monday to Friday) and the holidays without peak."""

    rows: tuple[PriceRow, ...]
    windows: tuple[tuple[time, time], ...]
    holidays: frozenset[date]
    currency: str = "USD"
    """What the account is billed in: of a model's prices in several currencies, this one's count."""

    def cost(self, model: str, tokens: Tokens, *, started: datetime, ended: datetime) -> Cost | None:
        """The cost of a call, or None when no price of `model` was valid at its end."""
        row = price_at(self.rows, model, ended, self.currency)
        if row is None:
            return None
        factor = self._factor(row, ended)
        amount = factor * (
            tokens.cache_hit * row.cache_hit + tokens.cache_miss * row.cache_miss + tokens.output * row.output
        )
        before = price_at(self.rows, model, started, self.currency)
        straddles = before is not row or self._factor(row, started) != factor
        return Cost(amount / _MILLION, row.currency, row.id, self.is_peak(ended), straddles)

    def cost_by_any(self, models: Iterable[str], tokens: Tokens, *, started: datetime, ended: datetime) -> Cost | None:
        """The cost by the first of `models` that has a price."""
        costs = (self.cost(model, tokens, started=started, ended=ended) for model in models)
        return next((cost for cost in costs if cost is not None), None)

    def currencies(self, moment: datetime) -> list[str]:
        """What calls are paid in at `moment`, of all models."""
        found = (price_at(self.rows, model, moment, self.currency) for model in {row.model for row in self.rows})
        return sorted({row.currency for row in found if row is not None})

    def at(self, moment: datetime) -> Tariff:
        """The prices of `moment` as if they had always been valid."""
        places = sorted({(row.model, row.currency) for row in self.rows})
        found = (
            price_at((row for row in self.rows if row.currency == currency), model, moment, currency)
            for model, currency in places
        )
        return replace(self, rows=tuple(replace(row, valid_from=_ALWAYS) for row in found if row is not None))

    def _factor(self, row: PriceRow, moment: datetime) -> Decimal:
        return row.peak_factor if self.is_peak(moment) else Decimal(1)

    def is_peak(self, moment: datetime) -> bool:
        """Whether `moment` (aware) lies in a peak window. A window includes its start and not its end."""
        moment = moment.astimezone(UTC)
        if moment.weekday() >= _SATURDAY or moment.date() in self.holidays:
            return False
        return any(start <= moment.time() < end for start, end in self.windows)


def price_at(rows: Iterable[PriceRow], model: str, moment: datetime, currency: str = "USD") -> PriceRow | None:
    """The newest row of `model` that is valid at `moment`, or None. One in `currency` goes before all others."""
    valid = [row for row in rows if row.model == model and row.valid_from <= moment]
    return max(valid, key=lambda row: (row.currency == currency, row.valid_from, row.currency), default=None)
