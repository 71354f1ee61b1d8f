"""Which part of the ledger a report is about."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

from django.db.models import Q

_MOST_DAYS = 400
"""A longer selection is drawn from the first day on which something happened."""


@dataclass(frozen=True, slots=True)
class Selection:
    """UTC days from `since` to `until`, both included; of one person and one model, or of all."""

    since: date
    until: date
    person: UUID | None = None
    model: str = ""

    def days(self, used: Iterable[date]) -> list[date]:
        """Every day, for a chart. Of a selection longer than a chart can show, those from the first to the last of
        `used`; without any the last day alone."""
        since, until = self.since, self.until
        if (until - since).days >= _MOST_DAYS:
            known = list(used) or [until]
            since, until = min(known), max(known)
        return [since + timedelta(number) for number in range((until - since).days + 1)]

    def up_to(self, last: date) -> Selection:
        """Without the days after `last`; a selection that begins later has none."""
        return replace(self, until=min(self.until, last))

    def of_days(self) -> Q:
        """The condition on the rollup."""
        chosen = Q(day__gte=self.since, day__lte=self.until)
        if self.person is not None:
            chosen &= Q(user_ref=self.person)
        return chosen & Q(model=self.model) if self.model else chosen

    def of_calls(self) -> Q:
        """The condition on the ledger, by the start of the call."""
        end = _midnight(self.until) + timedelta(days=1)
        chosen = Q(started_at__gte=_midnight(self.since), started_at__lt=end)
        if self.person is not None:
            chosen &= Q(user_ref=self.person)
        return chosen & Q(model_asked=self.model) if self.model else chosen


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time.min, UTC)
