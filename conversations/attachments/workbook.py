"""XLSX: the values of all sheets as CSV, with a mark where each begins."""

from __future__ import annotations

import csv
import io
import warnings
from collections.abc import Iterable, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any, Protocol
from xml.etree.ElementTree import ParseError
from zipfile import BadZipFile

from defusedxml.common import DefusedXmlException
from lxml.etree import LxmlError
from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from conversations.attachments.content import Content, Limits, Unreadable
from conversations.attachments.package import check_package
from conversations.attachments.plain_text import bounded, clean

_DAMAGED = (
    BadZipFile,
    DefusedXmlException,
    InvalidFileException,
    LxmlError,
    ParseError,
    ValueError,
    KeyError,
    TypeError,
    AttributeError,
    IndexError,
    OverflowError,
)


class _Sheet(Protocol):
    """What is used of a sheet that is read only."""

    title: str

    def reset_dimensions(self) -> None: ...

    def iter_rows(self, *, values_only: bool) -> Iterable[Sequence[Any]]: ...


def read_workbook(data: bytes, limits: Limits) -> Content:
    """The values of all sheets: what formulas came to, not the formulas. Raises `Unreadable`."""
    check_package(data, limits)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            book = load_workbook(io.BytesIO(data), read_only=True, data_only=True, keep_links=False)
            writer = _Writer(limits)
            texts = [writer.sheet(sheet) for sheet in book.worksheets]
    except _DAMAGED:
        raise Unreadable("damaged") from None
    if not any(texts):
        raise Unreadable("no_text")
    marked = (f"[sheet {sheet.title}]\n{text}" for sheet, text in zip(book.worksheets, texts, strict=True))
    return Content(kind="sheet", text=bounded(clean("\n\n".join(marked)), limits), parts=len(texts))


class _Writer:
    """Writes sheets as CSV, as long as there is room."""

    def __init__(self, limits: Limits) -> None:
        self._cells = limits.cells
        self._characters = limits.characters

    def sheet(self, sheet: _Sheet) -> str:
        # What a sheet says about its size can be wrong, and rows would be filled up to it.
        sheet.reset_dimensions()
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        for row in sheet.iter_rows(values_only=True):
            # An empty row counts as well: a file can pretend to have a million of them.
            self._cells -= len(row) + 1
            if self._cells < 0:
                raise Unreadable("too_many_cells")
            values = _without_empty_end(row)
            if values:
                self._characters -= writer.writerow(values)
            if self._characters < 0:
                raise Unreadable("too_much_text")
        return text.getvalue().strip("\n")


def _without_empty_end(row: Sequence[Any]) -> list[str]:
    values = [_shown(value) for value in row]
    while values and not values[-1]:
        values.pop()
    return values


def _shown(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(" ", "seconds")
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, timedelta):
        return str(value)
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    return str(value)
