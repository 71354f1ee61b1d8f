"""Usage for administrators: what was used and what it cost, from the daily rollup alone, never from the calls."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from functools import cached_property
from itertools import islice
from typing import Any

from django.db.models import Count, Q, QuerySet, Sum

from conversations.accounting.people import Person, people
from conversations.accounting.selection import Selection
from conversations.models import SiteDay, UsageDay

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
        self._grouping = grouping
        # The rollup of the whole site is small, and says the same where people are not told apart.
        whole: Any = SiteDay if selection.person is None else UsageDay
        self._whole = whole.objects.filter(selection.of_days())
        by_person = "user_ref" in grouping.columns
        self._days: Any = UsageDay.objects.filter(selection.of_days()) if by_person else self._whole
        priced = self._whole.filter(simulated=False).exclude(currency="")
        self.currencies: list[str] = list(priced.order_by("currency").values_list("currency", flat=True).distinct())
        self._length: int | None = None

    def totals(self) -> list[Usage]:
        """At most two rows: what was really asked for, and what was simulated. One query."""
        rows: Iterable[Any] = self._whole.values("simulated").annotate(**self._sums()).order_by("simulated")
        return [self._usage(row, {}) for row in rows]

    def __len__(self) -> int:
        if self._length is None:
            by_day = self._grouping is Grouping.PERSON_DAY
            groups = self._groups().order_by().distinct()
            self._length = sum(rows for _, rows in self._rows_of_days) if by_day else groups.count()
        return self._length

    def __getitem__(self, index: Any) -> Any:
        """The rows of a slice, or one row."""
        if isinstance(index, slice):
            return self._slice(index)
        return self._named(self._sorted()[index : index + 1])[0]

    def __iter__(self) -> Iterator[Usage]:
        rows = self._sorted().iterator(chunk_size=_CHUNK)
        while chunk := list(islice(rows, _CHUNK)):
            yield from self._named(chunk)

    def _slice(self, index: slice) -> list[Usage]:
        if self._grouping is not Grouping.PERSON_DAY or index.start is None or index.stop is None:
            return self._named(self._sorted()[index])
        # Days come first in the order: only those of the slice need to be added up.
        before, days = 0, []
        for day, rows in self._rows_of_days:
            if before < index.stop and before + rows > index.start:
                days.append((day, before))
            before += rows
        if not days:
            return []
        within = slice(index.start - days[0][1], index.stop - days[0][1])
        chosen = self._sorted().filter(day__lte=days[0][0], day__gte=days[-1][0])
        return self._named(chosen[within])

    @cached_property
    def _rows_of_days(self) -> list[tuple[date, int]]:
        """How many rows each day has in a table by person and day, newest first."""
        people = {
            name: Count("user_ref", distinct=True, filter=Q(simulated=simulated))
            for name, simulated in (("real", False), ("made_up", True))
        }
        days = self._days.order_by("-day").values("day").annotate(**people)
        return [(row["day"], row["real"] + row["made_up"]) for row in days]

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
            "unpriced": Sum("calls", filter=Q(currency=""), default=0),
        } | {
            f"cost_{number}": Sum("cost", filter=Q(currency=currency), default=Decimal(0))
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
        amounts = (row[f"cost_{number}"] for number in range(len(self.currencies)))
        return tuple(map(Money, self.currencies, amounts))


def models_used(selection: Selection) -> list[str]:
    """The models that were asked for in the selection's days. One query."""
    days = SiteDay.objects.filter(day__gte=selection.since, day__lte=selection.until)
    return list(days.order_by("model").values_list("model", flat=True).distinct())
