"""A person's own usage of the current month, from the daily rollup."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from conversations.accounting.chart import TOKENS, Chart, Series
from conversations.accounting.reports import Grouping, Usage, UsageTable
from conversations.accounting.selection import Selection


@dataclass(frozen=True)
class OwnUsage:
    """`rows`: one a day on which something was asked (simulated calls apart), newest first; `totals` of the month."""

    since: date
    until: date
    currencies: list[str]
    rows: list[Usage]
    totals: list[Usage]

    def chart(self) -> Chart:
        """Every day of the month up to today."""
        days = [self.since + timedelta(number) for number in range((self.until - self.since).days + 1)]
        sums = {day: [0, 0, 0] for day in days}
        for row in self.rows:
            if row.day in sums:
                counted = (row.new_tokens, row.cached_tokens, row.output_tokens)
                sums[row.day] = [a + b for a, b in zip(sums[row.day], counted, strict=True)]
        new, cached, output = (list(column) for column in zip(*sums.values(), strict=True))
        series = (
            Series(_("Tokens written"), output),
            Series(_("New tokens"), new),
            Series(_("Cached tokens"), cached),
        )
        return Chart(name="usage", title=_("Usage by day"), moments=days, series=series, unit=TOKENS)


def this_month(user_id: UUID, *, now: datetime) -> OwnUsage:
    """The UTC month up to `now`. Three queries."""
    today = now.astimezone(UTC).date()
    since = today.replace(day=1)
    table = UsageTable(Selection(since=since, until=today, person=user_id), Grouping.DAY)
    return OwnUsage(since, today, table.currencies, table[:100], table.totals())
