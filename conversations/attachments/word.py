"""DOCX: paragraphs and tables in their order, headings and lists marked as in Markdown."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from itertools import chain
from zipfile import BadZipFile

from docx import Document
from docx.blkcntnr import BlockItemContainer
from docx.document import Document as WordDocument
from docx.opc.exceptions import OpcError
from docx.oxml.exceptions import InvalidXmlError
from docx.table import Table, _Cell
from docx.text.paragraph import Paragraph
from lxml.etree import LxmlError

from conversations.attachments.content import Content, Limits, Unreadable
from conversations.attachments.package import check_package
from conversations.attachments.plain_text import bounded, clean

_DEEPEST = 8
"""Tables inside of tables."""
_HEADING = re.compile(r"heading (\d)", re.IGNORECASE)


def read_word(data: bytes, limits: Limits) -> Content:
    """The text of the document's body. Raises `Unreadable`."""
    check_package(data, limits)
    try:
        document = Document(io.BytesIO(data))
        lines = list(_Lines(document, limits).all())
    except (OpcError, InvalidXmlError, LxmlError, BadZipFile, ValueError, KeyError, TypeError, AttributeError):
        raise Unreadable("damaged") from None
    return Content(kind="word", text=bounded(clean("\n".join(lines)), limits))


class _Lines:
    """A document as lines."""

    def __init__(self, document: WordDocument, limits: Limits) -> None:
        self._document = document
        self._left = limits.characters
        # Looked up once: by the library's own way each paragraph would search all styles.
        self._styles = {style.style_id: (style.name or "").lower() for style in document.styles}

    def all(self) -> Iterator[str]:
        return self._of(self._document, 0)

    def _of(self, container: WordDocument | BlockItemContainer, depth: int) -> Iterator[str]:
        for block in container.iter_inner_content():
            if isinstance(block, Paragraph):
                yield self._counted(self._paragraph(block))
            elif depth < _DEEPEST:
                yield ""
                yield from self._table(block, depth)
                yield ""

    def _paragraph(self, paragraph: Paragraph) -> str:
        text = paragraph.text
        style = self._styles.get(paragraph._p.style or "", "")
        heading = _HEADING.match(style)
        if not text.strip():
            return ""
        if heading or style == "title":
            return f"\n{'#' * (min(int(heading[1]), 6) if heading else 1)} {text}\n"
        properties = paragraph._p.pPr
        listed = style.startswith("list") or (properties is not None and properties.numPr is not None)
        return f"- {text}" if listed else f"{text}\n"

    def _table(self, table: Table, depth: int) -> Iterator[str]:
        for row in table._tbl.tr_lst:
            # By the elements: `row.cells` repeats merged cells, and counts on hostile spans.
            cells = (_Cell(cell, table) for cell in row.tc_lst)
            yield " | ".join(self._cell(cell, depth) for cell in cells)

    def _cell(self, cell: _Cell, depth: int) -> str:
        lines = chain.from_iterable(line.split("\n") for line in self._of(cell, depth + 1))
        return " / ".join(stripped for line in lines if (stripped := line.strip()))

    def _counted(self, text: str) -> str:
        self._left -= len(text)
        if self._left < 0:
            raise Unreadable("too_much_text")
        return text
