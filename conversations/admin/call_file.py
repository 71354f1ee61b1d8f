"""A report's calls as a file."""

from __future__ import annotations

from django.http import HttpRequest, StreamingHttpResponse

from conversations.accounting.calls import CallTable
from conversations.accounting.selection import Selection
from conversations.admin.page import csv_file

_HEADER = (
    "started (UTC)",
    "seconds",
    "person",
    "person id",
    "purpose",
    "model",
    "HTTP status",
    "end",
    "output tokens",
    "simulated",
    "call id",
)


def call_file(request: HttpRequest, name: str, selection: Selection, table: CallTable) -> StreamingHttpResponse:
    """All calls of `table` as CSV."""
    rows = (
        (
            call.started_at.isoformat(timespec="seconds"),
            f"{call.seconds:.1f}",
            call.person.label,
            call.person.ref,
            call.purpose,
            call.model,
            call.http_status,
            call.end,
            call.output_tokens,
            "yes" if call.simulated else "no",
            call.id,
        )
        for call in table
    )
    return csv_file(request, f"{name}-{selection.since}-{selection.until}", _HEADER, rows)
