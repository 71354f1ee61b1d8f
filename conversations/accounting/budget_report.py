"""How far budgets are used, for administrators: one row for each use of a budget in its current period."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import islice
from typing import Any
from uuid import UUID

from django.db.models import BigIntegerField, Case, F, Q, QuerySet, Value, When
from django.db.models.functions import Coalesce, NullIf

from conversations.accounting.budget_rules import Period, Rule
from conversations.accounting.people import Person, people
from conversations.accounting.rules import rule_of
from conversations.models import BudgetUse
from conversations.models.budget import NOBODY

_CHUNK = 1000


class State(StrEnum):
    NEAR = "near"
    """The mark for a warning is passed."""
    USED_UP = "used-up"


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetRow:
    """Amounts in units of the rule. `person` is None for what several share."""

    use: int
    rule: Rule
    person: Person | None
    spent: int
    reserved: int
    percent: int
    renews: datetime | None
    is_near: bool
    is_used_up: bool
    is_lifted: bool


class BudgetTable(Sequence[BudgetRow]):
    """The most used first. Slicing reads the slice in two queries; iterating streams all rows."""

    def __init__(self, now: datetime, *, state: State | None = None, person: UUID | None = None) -> None:
        self._now = now
        rows = BudgetUse.objects.filter(budget__is_active=True).annotate(now_spent=_current(now))
        rows = rows.annotate(taken=F("now_spent") + F("reserved"))
        if state is State.NEAR:
            rows = rows.filter(taken__gte=F("budget__soft"))
        elif state is State.USED_UP:
            rows = rows.filter(taken__gte=F("budget__hard"))
        if person is not None:
            rows = rows.filter(person=person)
        most = NullIf(Coalesce(F("budget__hard"), F("budget__soft")), Value(0, BigIntegerField()))
        self._rows: QuerySet[Any] = (
            rows.annotate(share=F("taken") * 100 / most)
            .select_related("budget__group")
            .order_by(F("share").desc(nulls_first=True), "pk")
        )
        self._length: int | None = None

    def __len__(self) -> int:
        if self._length is None:
            self._length = self._rows.count()
        return self._length

    def __getitem__(self, index: Any) -> Any:
        """The rows of a slice, or one row."""
        if isinstance(index, slice):
            return self._named(list(self._rows[index]))
        return self._named(list(self._rows[index : index + 1]))[0]

    def __iter__(self) -> Iterator[BudgetRow]:
        rows = self._rows.iterator(chunk_size=_CHUNK)
        while chunk := list(islice(rows, _CHUNK)):
            yield from self._named(chunk)

    def _named(self, rows: list[Any]) -> list[BudgetRow]:
        known = people(row.person for row in rows if row.person != NOBODY)
        return [self._row(row, known.get(row.person)) for row in rows]

    def _row(self, row: Any, person: Person | None) -> BudgetRow:
        rule = rule_of(row.budget)
        return BudgetRow(
            use=row.pk,
            rule=rule,
            person=person,
            spent=row.now_spent,
            reserved=row.reserved,
            percent=int(row.share) if row.share is not None else 100,
            renews=rule.period.end(self._now),
            is_near=rule.soft is not None and row.taken >= rule.soft,
            is_used_up=rule.hard is not None and row.taken >= rule.hard,
            is_lifted=row.lifted_until is not None and row.lifted_until > self._now,
        )


def _current(now: datetime) -> Case:
    """What is used in the current period: nothing where nobody has touched the row in it."""
    over = Q()
    for period in Period:
        if period:
            over |= Q(budget__period=period, period_start__lt=period.start(now))
    return Case(When(over, then=Value(0)), default=F("spent"), output_field=BigIntegerField())
