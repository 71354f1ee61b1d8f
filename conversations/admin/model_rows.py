"""The table of models that dashboards share."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from conversations.accounting.reports import Money
from conversations.accounting.trend import Sums, Trend


@dataclass(frozen=True, slots=True)
class ModelRow:
    """What was used of a model. `costs`: one for each currency of the table, in its order."""

    model: str
    sums: Sums
    costs: tuple[Money, ...]
    share: Decimal
    """Percent of all calls."""
    simulated: bool
    """Whether all of it was."""


def model_rows(trend: Trend) -> list[ModelRow]:
    """Most used first."""
    total = trend.sums().calls or 1
    return [_row(trend.of_model(model), model, trend.currencies, total) for model in trend.models]


def _row(part: Trend, model: str, currencies: list[str], total: int) -> ModelRow:
    sums = part.sums()
    costs = tuple(Money(currency, part.cost(currency)) for currency in currencies)
    return ModelRow(model, sums, costs, Decimal(100) * sums.calls / total, not part.real)
