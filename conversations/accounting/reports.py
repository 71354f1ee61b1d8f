"""Usage for administrators: what was used and what it cost, from the daily rollup alone, never from the calls."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from itertools import islice
from typing import Any

from django.db.models import Q, QuerySet, Sum
from django.db.models.functions import Coalesce

from conversations.accounting.people import Person, people
from conversations.accounting.prices import SMALLEST_AMOUNT
from conversations.accounting.selection import Selection
from conversations.models import UsageDay

_CHUNK = 1000
"""Rows that a whole table is read by: bounds memory and asks for people in batches."""


class Grouping(StrEnum):
    """What one row of the table stands for."""

    PERSON_DAY = "person-day"
    PERSON = "person"
    DAY = "day"
    MODEL = "model"

    @property
    def columns(self) -> tuple[str, ...]:
        return {
            Grouping.PERSON_DAY: ("user_ref", "day"),
            Grouping.PERSON: ("user_ref",),
            Grouping.DAY: ("day",),
            Grouping.MODEL: ("model",),
        }[self]


@dataclass(frozen=True, slots=True)
class Money:
    """An amount in one currency. Amounts of different currencies are never added."""

    currency: str
    amount: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """Sums over a part of the rollup. What the grouping does not name is None; simulated calls have their own rows."""

    person: Person | None = None
    day: date | None = None
    model: str | None = None
    simulated: bool
    calls: int
    failures: int
    cached_tokens: int
    new_tokens: int
    output_tokens: int
    reasoning_tokens: int
    """Part of `output_tokens`."""
    unpriced_calls: int
    """Calls of models without a known price: their cost is not in `costs`."""
    estimated_calls: int
    """Calls whose tokens or price had to be estimated (stopped, cut, across a price boundary)."""
    costs: tuple[Money, ...]
    """One for each currency of the table, in its order; empty for simulated calls, which cost nothing."""


class UsageTable(Sequence[Usage]):
    """The usage of a selection, one row a group, costliest or newest first.

    Slicing reads the rows of the slice (two queries, one without people) and iterating streams all of them, so that a
    paginator and a download both work on it. `currencies` is read at once, `len()` and `totals()` when asked for.
    """

    def __init__(self, selection: Selection, grouping: Grouping) -> None:
        self._days = UsageDay.objects.filter(selection.of_days())
        self._grouping = grouping
        priced = self._days.filter(simulated=False).exclude(currency="")
        self.currencies: list[str] = list(priced.order_by("currency").values_list("currency", flat=True).distinct())
        self._length: int | None = None

    def totals(self) -> list[Usage]:
        """At most two rows: what was really asked for, and what was simulated. One query."""
        rows: Iterable[Any] = self._days.values("simulated").annotate(**self._sums()).order_by("simulated")
        return [self._usage(row, {}) for row in rows]

    def __len__(self) -> int:
        if self._length is None:
            self._length = self._groups().order_by().distinct().count()
        return self._length

    def __getitem__(self, index: Any) -> Any:
        """The rows of a slice, or one row."""
        if isinstance(index, slice):
            return self._named(self._sorted()[index])
        return self._named(self._sorted()[index : index + 1])[0]

    def __iter__(self) -> Iterator[Usage]:
        rows = self._sorted().iterator(chunk_size=_CHUNK)
        while chunk := list(islice(rows, _CHUNK)):
            yield from self._named(chunk)

    def _groups(self) -> QuerySet[UsageDay, Any]:
        groups: QuerySet[UsageDay, Any] = self._days.values(*self._grouping.columns, "simulated")
        return groups

    def _sorted(self) -> QuerySet[UsageDay, Any]:
        by_day = ["-day"] if "day" in self._grouping.columns else []
        by_cost = [f"-cost_{number}" for number in range(len(self.currencies))]
        # The grouping's own columns come last: pages need an order without ties.
        order = [*by_day, *by_cost, "-output", *self._grouping.columns, "simulated"]
        rows: QuerySet[UsageDay, Any] = self._groups()
        return rows.annotate(**self._sums()).order_by(*order)

    def _sums(self) -> dict[str, Any]:
        return {
            "call_count": Sum("calls"),
            "failure_count": Sum("failures"),
            "cached": Sum("cache_hit_tokens"),
            "new": Sum("cache_miss_tokens"),
            "output": Sum("output_tokens"),
            "reasoning": Sum("reasoning_tokens"),
            "estimates": Sum("estimated_calls"),
            "unpriced": Coalesce(Sum("calls", filter=Q(currency="")), 0),
        } | {
            f"cost_{number}": Coalesce(Sum("cost", filter=Q(currency=currency)), Decimal(0))
            for number, currency in enumerate(self.currencies)
        }

    def _named(self, rows: Iterable[dict[str, Any]]) -> list[Usage]:
        rows = list(rows)
        known = people(row["user_ref"] for row in rows) if "user_ref" in self._grouping.columns else {}
        return [self._usage(row, known) for row in rows]

    def _usage(self, row: dict[str, Any], known: dict[Any, Person]) -> Usage:
        return Usage(
            person=known.get(row.get("user_ref")),
            day=row.get("day"),
            model=row.get("model"),
            simulated=row["simulated"],
            calls=row["call_count"],
            failures=row["failure_count"],
            cached_tokens=row["cached"],
            new_tokens=row["new"],
            output_tokens=row["output"],
            reasoning_tokens=row["reasoning"],
            unpriced_calls=0 if row["simulated"] else row["unpriced"],
            estimated_calls=row["estimates"],
            costs=() if row["simulated"] else self._costs(row),
        )

    def _costs(self, row: dict[str, Any]) -> tuple[Money, ...]:
        # SQLite adds up as floats; their noise lies far below the smallest amount.
        amounts = (row[f"cost_{number}"].quantize(SMALLEST_AMOUNT) for number in range(len(self.currencies)))
        return tuple(map(Money, self.currencies, amounts))


def models_used(selection: Selection) -> list[str]:
    """The models that were asked for in the selection's days. One query."""
    days = UsageDay.objects.filter(day__gte=selection.since, day__lte=selection.until)
    return list(days.order_by("model").values_list("model", flat=True).distinct())
