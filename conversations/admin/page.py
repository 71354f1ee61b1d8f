"""What all reports share: the admin's frame around them, pages of long tables, and the same tables as files."""

from __future__ import annotations

import csv
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from io import StringIO
from itertools import chain, islice
from typing import Any

from asgiref.sync import sync_to_async
from django.contrib import admin
from django.core.handlers.asgi import ASGIRequest
from django.core.paginator import Page, Paginator
from django.http import HttpRequest, StreamingHttpResponse
from django.template.response import TemplateResponse
from django.utils.functional import Promise

from conversations.accounting.chart import Chart

PAGE_ROWS = 100
_LINES_AT_ONCE = 500


def report_page(request: HttpRequest, name: str, title: str | Promise, context: dict[str, Any]) -> TemplateResponse:
    """A report inside the admin's frame."""
    frame = admin.site.each_context(request)
    return TemplateResponse(request, f"admin/reports/{name}.html", {**frame, "title": title, **context})


def page_of(request: HttpRequest, rows: Sequence[Any]) -> Page[Any]:
    """The page of a table that the address asks for, or the nearest one there is."""
    return Paginator(rows, PAGE_ROWS).get_page(request.GET.get("page"))


def wants_csv(request: HttpRequest, table: str = "") -> bool:
    """Whether the address asks for a table of the page as a file: for its main one, or for the one with this name."""
    return request.GET.get("format") == "csv" and request.GET.get("table", "") == table


def chart_file(request: HttpRequest, charts: Iterable[Chart]) -> StreamingHttpResponse | None:
    """The table under the one of these charts that the address asks for as a file; None when it asks for none."""
    for chart in charts:
        if wants_csv(request, chart.name):
            return csv_file(request, chart.name, chart.header(), chart.lines())
    return None


def csv_file(
    request: HttpRequest, name: str, header: Sequence[str], rows: Iterable[Sequence[object]]
) -> StreamingHttpResponse:
    """The table as a file, sent while it is read, so that its length does not matter."""
    lines = (csv_line(row) for row in chain([header], rows))
    # An ASGI server would collect a plain iterator before it sends the first byte.
    content: Any = in_batches(lines) if isinstance(request, ASGIRequest) else lines
    disposition = f'attachment; filename="{name}.csv"'
    return StreamingHttpResponse(
        content, content_type="text/csv; charset=utf-8", headers={"Content-Disposition": disposition}
    )


def csv_line(row: Sequence[object]) -> str:
    """One line. Text that a spreadsheet would run as a formula gets an apostrophe before it."""
    line = StringIO()
    csv.writer(line).writerow([_harmless(value) for value in row])
    return line.getvalue()


async def in_batches(lines: Iterator[str]) -> AsyncIterator[str]:
    """`lines`, read off the event loop, several at once."""
    read = sync_to_async(lambda: "".join(islice(lines, _LINES_AT_ONCE)))
    while batch := await read():
        yield batch


def _harmless(value: object) -> object:
    if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r"):
        return f"'{value}"
    return "" if value is None else value
