"""How usage went, day by day and model by model: one query on the rollup, and all charts and tables that it makes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, fields
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Sum
from django.utils.translation import gettext_lazy as _

from conversations.accounting.chart import TOKENS, Chart, Figure, Series
from conversations.accounting.selection import Selection
from conversations.models import SiteDay, UsageDay

_MOST_MODELS = 7
"""Models with a colour of their own; the others share one."""


@dataclass(slots=True, kw_only=True)
class Sums:
    """What calls add up to."""

    calls: int = 0
    failures: int = 0
    estimated_calls: int = 0
    cache_hit_tokens: int = 0
    cache_miss_tokens: int = 0
    output_tokens: int = 0
    reasoning_tokens: int = 0

    @classmethod
    def of(cls, rows: Iterable[Any]) -> Sums:
        """Of rows that have columns of these names."""
        total = cls()
        for row in rows:
            for name in COUNTED:
                setattr(total, name, getattr(total, name) + getattr(row, name))
        return total

    @property
    def input_tokens(self) -> int:
        return self.cache_hit_tokens + self.cache_miss_tokens

    @property
    def cached_percent(self) -> Decimal | None:
        """Of the input, what the provider had in its cache. None without any input."""
        return Decimal(100) * self.cache_hit_tokens / self.input_tokens if self.input_tokens else None

    @property
    def failed_percent(self) -> Decimal | None:
        return Decimal(100) * self.failures / self.calls if self.calls else None


COUNTED = tuple(field.name for field in fields(Sums))


@dataclass(frozen=True, slots=True, kw_only=True)
class DayOfModel:
    """A row of the rollup: what was used on a day of a model, billed in one currency ("": without a price)."""

    day: date
    model: str
    currency: str
    simulated: bool
    calls: int
    failures: int
    estimated_calls: int
    cache_hit_tokens: int
    cache_miss_tokens: int
    output_tokens: int
    reasoning_tokens: int
    cost: Decimal


@dataclass(frozen=True, slots=True)
class Trend:
    """`rows` in the order of days and models. Simulated calls are among them."""

    selection: Selection
    rows: Sequence[DayOfModel]

    @property
    def real(self) -> list[DayOfModel]:
        """What was really asked of the upstream."""
        return [row for row in self.rows if not row.simulated]

    @property
    def currencies(self) -> list[str]:
        return sorted({row.currency for row in self.real if row.currency})

    @property
    def models(self) -> list[str]:
        """Most used first."""
        return [name for name, _ in self._by(lambda row: row.model)]

    def sums(self) -> Sums:
        return Sums.of(self.rows)

    def cost(self, currency: str) -> Decimal:
        return sum((row.cost for row in self.real if row.currency == currency), Decimal(0))

    def of_model(self, model: str) -> Trend:
        return Trend(self.selection, [row for row in self.rows if row.model == model])

    def of_day(self, day: date) -> Trend:
        return Trend(self.selection, [row for row in self.rows if row.day == day])

    def days(self) -> list[date]:
        return self.selection.days(row.day for row in self.rows)

    def cost_chart(self, currency: str, link: Callable[[date], str]) -> Chart:
        """What each model cost a day."""
        rows = [row for row in self.real if row.currency == currency]
        title = _("Cost by day, {currency}").format(currency=currency)
        return self._chart(f"cost-{currency.lower()}", title, rows, lambda row: row.cost, currency, link)

    def calls_chart(self, link: Callable[[date], str]) -> Chart:
        """How often each model was asked a day."""
        return self._chart("calls", _("Calls by day"), self.rows, lambda row: row.calls, "count", link)

    def tokens_chart(self, link: Callable[[date], str]) -> Chart:
        """Input and output a day."""
        kinds = {
            "output_tokens": _("Tokens written"),
            "cache_miss_tokens": _("New tokens"),
            "cache_hit_tokens": _("Cached tokens"),
        }
        days = self.days()
        columns = {name: self._of_days(days, self.rows, _reader(name)) for name in kinds}
        series = [Series(label, columns[name]) for name, label in kinds.items()]
        links = [link(day) for day in days]
        return Chart(name="tokens", title=_("Tokens by day"), moments=days, series=series, unit=TOKENS, links=links)

    def _chart(
        self,
        name: str,
        title: Any,
        rows: Sequence[DayOfModel],
        value: Callable[[DayOfModel], Figure],
        unit: str,
        link: Callable[[date], str],
    ) -> Chart:
        days = self.days()
        by_model = defaultdict(list)
        named = set(self.models[:_MOST_MODELS])
        for row in rows:
            by_model[row.model if row.model in named else ""].append(row)
        order = sorted(by_model, key=lambda model: (model == "", self.models.index(model) if model else 0))
        series = [Series(model or _("Other models"), self._of_days(days, by_model[model], value)) for model in order]
        return Chart(name=name, title=title, moments=days, series=series, unit=unit, links=[link(day) for day in days])

    @staticmethod
    def _of_days(days: list[date], rows: Sequence[DayOfModel], value: Callable[[DayOfModel], Any]) -> list[Figure]:
        sums: dict[date, Any] = dict.fromkeys(days, 0)
        for row in rows:
            sums[row.day] += value(row)
        return list(sums.values())

    def _by(self, key: Callable[[DayOfModel], str]) -> list[tuple[str, int]]:
        counts: dict[str, int] = defaultdict(int)
        for row in self.rows:
            counts[key(row)] += row.calls
        return sorted(counts.items(), key=lambda item: (-item[1], item[0]))


def read_trend(selection: Selection) -> Trend:
    """One query: on the site's rollup, or on the people's when the selection is of one of them."""
    rollup: Any = SiteDay if selection.person is None else UsageDay
    keys = ("day", "model", "currency", "simulated")
    days = rollup.objects.filter(selection.of_days()).values(*keys).order_by(*keys)
    sums = {f"all_{name}": Sum(name) for name in (*COUNTED, "cost")}
    rows = [
        DayOfModel(
            **{name: row[name] for name in keys},
            **{name: row[f"all_{name}"] for name in COUNTED},
            cost=row["all_cost"],
        )
        for row in days.annotate(**sums)
    ]
    return Trend(selection, rows)


def _reader(name: str) -> Callable[[DayOfModel], int]:
    return lambda row: int(getattr(row, name))
