"""A report's days and models as a file."""

from __future__ import annotations

from django.http import HttpRequest, StreamingHttpResponse

from conversations.accounting.trend import COUNTED, Trend
from conversations.admin.page import csv_file


def trend_file(request: HttpRequest, name: str, trend: Trend, *, with_money: bool = True) -> StreamingHttpResponse:
    """All rows of `trend` as CSV."""
    money = ("currency", "cost") if with_money else ()
    rows = (
        (
            row.day.isoformat(),
            row.model,
            "yes" if row.simulated else "no",
            *(getattr(row, column) for column in COUNTED),
            *((row.currency, f"{row.cost:f}") if with_money else ()),
        )
        for row in trend.rows
    )
    header = ("day", "model", "simulated", *COUNTED, *money)
    selection = trend.selection
    return csv_file(request, f"{name}-{selection.since}-{selection.until}", header, rows)
