"""Answers that were filtered or refused for their content, counted: from the review queue and from the ledger."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from typing import Any

from django.db.models import Count, Max, Q, QuerySet
from django.db.models.functions import TruncDate

from conversations.accounting.ends import ABNORMAL, CONTENT_ENDS, END
from conversations.accounting.people import Person, people
from conversations.accounting.selection import Selection
from conversations.models import Pause, ReviewCase, UpstreamCall

_CHUNK = 1000


@dataclass(frozen=True, slots=True)
class PersonCases:
    """`paused_until`: None for somebody who may ask."""

    person: Person
    cases: int
    open: int
    dismissed: int
    last: datetime
    paused_until: datetime | None


class PeopleTable(Sequence[PersonCases]):
    """People with cases in a selection, those with the most first. Slicing reads the slice in three queries."""

    def __init__(self, selection: Selection) -> None:
        self._cases = cases_of(selection)
        self._length: int | None = None

    def __len__(self) -> int:
        if self._length is None:
            self._length = self._cases.order_by().values("user_ref").distinct().count()
        return self._length

    def __getitem__(self, index: Any) -> Any:
        """The rows of a slice, or one row."""
        if isinstance(index, slice):
            return _named(self._counted()[index])
        return _named(self._counted()[index : index + 1])[0]

    def __iter__(self) -> Iterator[PersonCases]:
        rows = iter(self._counted().iterator(chunk_size=_CHUNK))
        while chunk := list(islice(rows, _CHUNK)):
            yield from _named(chunk)

    def _counted(self) -> Any:
        grouped: Any = self._cases.order_by().values("user_ref")
        return grouped.annotate(
            cases=Count("*"),
            open=Count("user_ref", filter=Q(state=ReviewCase.State.OPEN)),
            dismissed=Count("user_ref", filter=Q(state=ReviewCase.State.DISMISSED)),
            last=Max("occurred_at"),
        ).order_by("-cases", "-last", "user_ref")


def cases_of(selection: Selection) -> QuerySet[ReviewCase]:
    """The cases of a selection, by when the call began."""
    start = datetime.combine(selection.since, datetime.min.time(), UTC)
    end = datetime.combine(selection.until, datetime.min.time(), UTC) + timedelta(days=1)
    cases = ReviewCase.objects.filter(occurred_at__gte=start, occurred_at__lt=end)
    if selection.person is not None:
        cases = cases.filter(user_ref=selection.person)
    return cases.filter(model=selection.model) if selection.model else cases


def cases_by_state(selection: Selection) -> dict[str, int]:
    """How many cases are in each state, all states named. One query."""
    counted = dict(cases_of(selection).order_by().values_list("state").annotate(number=Count("*")))
    return {state: counted.get(state, 0) for state in ReviewCase.State.values}


def ends_by_day(selection: Selection) -> tuple[list[date], dict[str, list[int]]]:
    """Every day of the selection up to today (`Selection.days`), and on each of them calls that were filtered, those
    that were refused, and "" for all other abnormal ends. One query."""
    calls = UpstreamCall.objects.filter(selection.of_calls()).filter(ABNORMAL)
    dated: Any = calls.annotate(day=TruncDate("started_at", tzinfo=UTC), end=END).order_by()
    counted = list(dated.values_list("day", "end").annotate(number=Count("*")))
    days = selection.up_to(datetime.now(UTC).date()).days(day for day, *_rest in counted)
    place = {day: number for number, day in enumerate(days)}
    series = {end: [0] * len(days) for end in (*CONTENT_ENDS, "")}
    for day, end, number in counted:
        if day in place:
            series[end if end in CONTENT_ENDS else ""][place[day]] += number
    return days, series


def _named(rows: Iterable[dict[str, Any]]) -> list[PersonCases]:
    rows = list(rows)
    refs = {row["user_ref"] for row in rows}
    known = people(refs)
    paused = dict(Pause.in_force().filter(user_id__in=refs).values_list("user_id", "until"))
    return [
        PersonCases(
            person=known[row["user_ref"]],
            cases=row["cases"],
            open=row["open"],
            dismissed=row["dismissed"],
            last=row["last"],
            paused_until=paused.get(row["user_ref"]),
        )
        for row in rows
    ]
