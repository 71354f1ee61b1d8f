"""Which part of the ledger a report is about."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

from django.db.models import Q


@dataclass(frozen=True, slots=True)
class Selection:
    """UTC days from `since` to `until`, both included; of one person and one model, or of all."""

    since: date
    until: date
    person: UUID | None = None
    model: str = ""

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
