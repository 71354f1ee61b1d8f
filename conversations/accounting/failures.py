"""What went wrong at upstreams: every class of error by moment, model and upstream."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from django.db.models import Count, F
from django.db.models.functions import TruncDate, TruncHour

from conversations.accounting.ends import CONTENT_ENDS
from conversations.accounting.latency import Moment, is_hourly
from conversations.accounting.selection import Selection
from conversations.models import Generation, UpstreamCall
from conversations.models.upstream_call import NOTABLE

UNREACHABLE = "unreachable"
"""Its calls never got to the upstream: they are in no ledger and are counted by the answers that failed."""

_SHOWN_CLASSES = 6
"""Of a chart; the rarer ones are one series together."""


class FailuresBy(StrEnum):
    """What one row of the table stands for, beside the class of error."""

    ERROR = "error"
    MOMENT = "moment"
    MODEL = "model"
    UPSTREAM = "upstream"


@dataclass(frozen=True, slots=True, kw_only=True)
class Failures:
    """`calls` that failed with `error`. What the table is not counted by is None."""

    error: str
    calls: int
    moment: Moment | None = None
    model: str | None = None
    upstream: str | None = None

    @property
    def was_sent(self) -> bool:
        return self.error != UNREACHABLE


class FailureTable:
    """The failures of a selection, those of simulated calls only if `simulated`. Read at once: two queries. Refusals
    for the content are not among them; they have a page of their own."""

    def __init__(self, selection: Selection, *, simulated: bool) -> None:
        self._selection = selection
        self._rows = [*_of_ledger(selection, simulated), *_never_sent(selection)]

    @property
    def calls(self) -> int:
        return sum(row.calls for row in self._rows)

    def rows(self, by: FailuresBy) -> list[Failures]:
        """Most frequent first; by moment, newest first."""
        counts: Counter[Failures] = Counter()
        for row in self._rows:
            counts[_group(row, by)] += row.calls
        found = [replace(group, calls=calls) for group, calls in counts.items()]
        found.sort(key=lambda row: (-row.calls, row.error, row.model or "", row.upstream or ""))
        if by is FailuresBy.MOMENT:
            found.sort(key=lambda row: str(row.moment), reverse=True)
        return found

    def classes(self) -> list[str]:
        """The most frequent classes of error, which a chart shows by name."""
        return [row.error for row in self.rows(FailuresBy.ERROR)[:_SHOWN_CLASSES]]

    def over_time(self) -> tuple[list[Moment], dict[str, list[int]]]:
        """Every moment of the selection up to now (`Selection.days`) with the failures of each of `classes` then; "" is
        all others."""
        moments = _moments(self._selection, self._rows)
        place = {moment: number for number, moment in enumerate(moments)}
        shown = self.classes()
        series: dict[str, list[int]] = defaultdict(lambda: [0] * len(moments))
        for row in self._rows:
            if row.moment in place:
                series[row.error if row.error in shown else ""][place[row.moment]] += row.calls
        return moments, {name: series[name] for name in [*shown, ""] if name in series}


def _group(row: Failures, by: FailuresBy) -> Failures:
    kept: dict[str, Any] = {} if by is FailuresBy.ERROR else {by.value: getattr(row, by.value)}
    return Failures(error=row.error, calls=0, **kept)


def _of_ledger(selection: Selection, simulated: bool) -> list[Failures]:
    calls = UpstreamCall.objects.filter(selection.of_calls()).filter(NOTABLE)
    failed = calls.filter(error_code__gt="").exclude(error_code__in=CONTENT_ENDS)
    if not simulated:
        failed = failed.filter(simulated=False)
    return _rows(failed.annotate(moment=_moment(selection)("started_at", tzinfo=UTC), asked=F("model_asked")))


def _never_sent(selection: Selection) -> list[Failures]:
    start = datetime.combine(selection.since, datetime.min.time(), UTC)
    end = datetime.combine(selection.until, datetime.min.time(), UTC) + timedelta(days=1)
    failed = Generation.objects.filter(error_code=UNREACHABLE, ended_at__gte=start, ended_at__lt=end)
    if selection.person is not None:
        failed = failed.filter(user_id=selection.person)
    if selection.model:
        failed = failed.filter(model=selection.model)
    return _rows(failed.annotate(moment=_moment(selection)("ended_at", tzinfo=UTC), asked=F("model")))


def _rows(found: Any) -> list[Failures]:
    grouped = found.order_by().values_list("moment", "asked", "upstream", "error_code").annotate(number=Count("*"))
    return [
        Failures(error=error, calls=calls, moment=moment, model=model, upstream=upstream)
        for moment, model, upstream, error, calls in grouped
    ]


def _moment(selection: Selection) -> Callable[..., Any]:
    return TruncHour if is_hourly(selection) else TruncDate


def _moments(selection: Selection, rows: Iterable[Failures]) -> list[Moment]:
    now = datetime.now(UTC)
    if not is_hourly(selection):
        return [*selection.up_to(now.date()).days(row.moment for row in rows if row.moment is not None)]
    start = datetime.combine(selection.since, datetime.min.time(), UTC)
    hours = ((selection.until - selection.since).days + 1) * 24
    return [moment for n in range(hours) if (moment := start + timedelta(hours=n)) <= now]
