"""PDF: the text of each page, with a mark where it begins."""

from __future__ import annotations

import io
import logging

from pypdf import PasswordType, PdfReader
from pypdf.errors import LimitReachedError, PyPdfError

from conversations.attachments.content import Content, Limits, Unreadable
from conversations.attachments.plain_text import bounded, clean

# It complains about each flaw of a file, with excerpts.
logging.getLogger("pypdf").setLevel(logging.CRITICAL)


def read_pdf(data: bytes, limits: Limits) -> Content:
    """The text of all pages. Raises `Unreadable`, for a scan as well: it has no text."""
    try:
        reader = PdfReader(io.BytesIO(data), strict=False)
        _unlock(reader)
        pages = _pages(reader, limits)
    except LimitReachedError:
        raise Unreadable("unpacks_too_large") from None
    except (PyPdfError, ValueError, TypeError, KeyError, IndexError, AttributeError, AssertionError, ArithmeticError):
        # What a broken file makes of a tolerant parser.
        raise Unreadable("damaged") from None
    if not any(pages):
        raise Unreadable("no_text")
    marked = "\n\n".join(f"[page {number}]\n{text}".rstrip() for number, text in enumerate(pages, start=1))
    return Content(kind="pdf", text=bounded(marked, limits), parts=len(pages))


def _unlock(reader: PdfReader) -> None:
    """Most protected files forbid only changes: they open without a password."""
    if reader.is_encrypted and reader.decrypt("") == PasswordType.NOT_DECRYPTED:
        raise Unreadable("encrypted")


def _pages(reader: PdfReader, limits: Limits) -> list[str]:
    count = len(reader.pages)
    if count == 0:
        raise Unreadable("damaged")
    if count > limits.pages:
        raise Unreadable("too_many_pages")
    texts: list[str] = []
    characters = 0
    for page in reader.pages:
        texts.append(clean(page.extract_text()))
        characters += len(texts[-1])
        if characters > limits.characters:
            # Before the rest is read in vain.
            raise Unreadable("too_much_text")
    return texts
