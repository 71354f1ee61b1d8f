"""Calls of the ledger that administrators look into: without balance, or with an abnormal end."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum
from itertools import islice
from typing import Any
from uuid import UUID

from django.db.models import Count, F, Max, Min, QuerySet
from django.db.models.functions import TruncDate

from conversations.accounting.ends import ABNORMAL, END, meaning
from conversations.accounting.people import Person, people
from conversations.accounting.selection import Selection
from conversations.models import UpstreamCall
from conversations.models.upstream_call import NOTABLE

BALANCE_EXHAUSTED = "balance_exhausted"
"""The error code of an answer 402."""

_CHUNK = 1000
_MOST_COUNTS = 200
"""Rows of a table of counts; the largest come first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call of the ledger, as a report shows it. `end` is empty where none was asked for."""

    id: UUID
    person: Person
    started_at: datetime
    seconds: float
    purpose: str
    model: str
    http_status: int | None
    end: str
    output_tokens: int
    simulated: bool


class CallTable(Sequence[Call]):
    """Calls, newest first. Slicing reads the slice in two queries; iterating streams all of them."""

    def __init__(self, calls: QuerySet[UpstreamCall]) -> None:
        self._calls = calls.order_by("-started_at", "-pk")
        self._length: int | None = None

    def __len__(self) -> int:
        if self._length is None:
            self._length = self._calls.count()
        return self._length

    def __getitem__(self, index: Any) -> Any:
        """The calls of a slice, or one call."""
        if isinstance(index, slice):
            return _as_calls(self._calls[index])
        return _as_calls(self._calls[index : index + 1])[0]

    def __iter__(self) -> Iterator[Call]:
        rows = self._calls.iterator(chunk_size=_CHUNK)
        while chunk := list(islice(rows, _CHUNK)):
            yield from _as_calls(chunk)


@dataclass(frozen=True, slots=True)
class BalanceSummary:
    """How often calls were refused for want of balance, whom it hit, from when to when."""

    calls: int
    people: int
    first: datetime | None
    last: datetime | None


class CountBy(StrEnum):
    """What abnormal ends are counted by."""

    PERSON = "person"
    MODEL = "model"
    DAY = "day"


@dataclass(frozen=True, slots=True, kw_only=True)
class EndCount:
    """How often an end occurred for one person, model or day (the other two are None)."""

    end: str
    meaning: str
    calls: int
    person: Person | None = None
    model: str | None = None
    day: date | None = None


def all_calls(selection: Selection) -> CallTable:
    """Every call of the selection; `end` is what was unusual about it."""
    return CallTable(UpstreamCall.objects.filter(selection.of_calls()).annotate(end=F("error_code")))


def balance_errors(selection: Selection) -> CallTable:
    """The calls that the upstream refused because the balance was used up."""
    return CallTable(_without_balance(selection).annotate(end=F("error_code")))


def balance_summary(selection: Selection) -> BalanceSummary:
    """One query."""
    found = _without_balance(selection).aggregate(
        calls=Count("*"), people=Count("user_ref", distinct=True), first=Min("started_at"), last=Max("started_at")
    )
    return BalanceSummary(found["calls"], found["people"], found["first"], found["last"])


def abnormal_ends(selection: Selection, end: str = "") -> CallTable:
    """The calls that ended abnormally; with `end`, those that ended in this way."""
    return CallTable(_abnormal(selection, end))


def count_ends(selection: Selection, by: CountBy, end: str = "") -> list[EndCount]:
    """Abnormal ends counted by person, model or day: newest day first, else most frequent first. At most 200 rows and
    two queries.
    """
    column = {CountBy.PERSON: "user_ref", CountBy.MODEL: "model_asked", CountBy.DAY: "started_on"}[by]
    rows = _abnormal(selection, end).annotate(started_on=TruncDate("started_at", tzinfo=UTC)).order_by()
    order = ("-started_on", "-calls", "end") if by is CountBy.DAY else ("-calls", "end", column)
    counted = list(rows.values(column, "end").annotate(calls=Count("*")).order_by(*order)[:_MOST_COUNTS])
    known = people(row["user_ref"] for row in counted) if by is CountBy.PERSON else {}
    return [
        EndCount(
            end=row["end"],
            meaning=meaning(row["end"]),
            calls=row["calls"],
            person=known.get(row.get("user_ref")),
            model=row.get("model_asked"),
            day=row.get("started_on"),
        )
        for row in counted
    ]


def _without_balance(selection: Selection) -> QuerySet[UpstreamCall]:
    return UpstreamCall.objects.filter(selection.of_calls()).filter(NOTABLE).filter(error_code=BALANCE_EXHAUSTED)


def _abnormal(selection: Selection, end: str) -> QuerySet[UpstreamCall]:
    calls = UpstreamCall.objects.filter(selection.of_calls()).filter(ABNORMAL).annotate(end=END)
    return calls.filter(end=end) if end else calls


def _as_calls(rows: Iterable[Any]) -> list[Call]:
    rows = list(rows)
    known = people(row.user_ref for row in rows)
    return [
        Call(
            id=row.pk,
            person=known[row.user_ref],
            started_at=row.started_at,
            seconds=(row.ended_at - row.started_at).total_seconds(),
            purpose=row.purpose,
            model=row.model_asked,
            http_status=row.http_status,
            end=row.end,
            output_tokens=row.output_tokens,
            simulated=row.simulated,
        )
        for row in rows
    ]
