"""What the provider's cache saved, from the rollup: what the cached input would have cost more as new input.

The rollup knows a day's tokens and cost, not how many of them fell into peak hours. So the saving off-peak is
multiplied by the day's cost over what the same tokens cost off-peak: exact on days without peak, and close on others.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal

from conversations.accounting.prices import SMALLEST_AMOUNT
from conversations.accounting.trend import DayOfModel
from conversations.models import Price

_MILLION = Decimal(1_000_000)


@dataclass(frozen=True, slots=True)
class Savings:
    """`prices`: all of them, newest first."""

    prices: Sequence[Price]

    def of_day(self, row: DayOfModel) -> Decimal | None:
        """What the cache saved on a day of a model, in the row's currency. None where no price is known."""
        price = self._price(row)
        if price is None:
            return None
        off_peak = (
            row.cache_hit_tokens * price.cache_hit
            + row.cache_miss_tokens * price.cache_miss
            + row.output_tokens * price.output
        ) / _MILLION
        factor = row.cost / off_peak if off_peak else Decimal(1)
        saved = row.cache_hit_tokens * (price.cache_miss - price.cache_hit) / _MILLION * factor
        return Decimal(saved.quantize(SMALLEST_AMOUNT))

    def of(self, rows: Iterable[DayOfModel]) -> Decimal:
        """Of several rows in one currency; what is not known is left out."""
        return sum((self.of_day(row) or Decimal(0) for row in rows), Decimal(0))

    def _price(self, row: DayOfModel) -> Price | None:
        end = datetime.combine(row.day, time.min, UTC) + timedelta(days=1)
        return next(
            (
                price
                for price in self.prices
                if (price.model, price.currency) == (row.model, row.currency) and price.valid_from < end
            ),
            None,
        )


def read_savings() -> Savings:
    """One query."""
    return Savings(list(Price.objects.order_by("-valid_from")))
