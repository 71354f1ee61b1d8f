"""Text, code, Markdown, CSV: whatever is text, in any encoding."""

from __future__ import annotations

import codecs
import re

from conversations.attachments.content import Content, Limits, Unreadable

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_CONTROLS = re.compile("[\x00-\x08\x0b\x0e-\x1f\x7f]")
_LONE_SURROGATES = re.compile("[\ud800-\udfff]")
_MOST_CONTROLS = 0.02
"""Share of control characters up to which something is text: terminals write a few into logs."""
_GUESSED_FROM = 64 * 1024
"""Bytes from which an encoding is guessed."""


def read_text(data: bytes, limits: Limits) -> Content:
    """The text of a file. Raises `Unreadable`."""
    text = _decoded(data)
    if len(_CONTROLS.findall(text[:_GUESSED_FROM])) > len(text[:_GUESSED_FROM]) * _MOST_CONTROLS:
        raise Unreadable("not_text")
    return Content(kind="text", text=bounded(clean(text), limits))


def clean(text: str) -> str:
    """Text as it can be sent and stored: line feeds for line ends, no control characters, no halves of surrogate
    pairs, no white space at the ends of the whole.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return _LONE_SURROGATES.sub("\ufffd", _CONTROLS.sub("", text)).strip("\n \t\ufeff")


def bounded(text: str, limits: Limits) -> str:
    """Raises `Unreadable` for no text at all and for too much: cut text would mislead the model and its reader."""
    if not text:
        raise Unreadable("no_text")
    if len(text) > limits.characters:
        raise Unreadable("too_much_text")
    return text


def _decoded(data: bytes) -> str:
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return _decode(data, encoding)
    if b"\x00" in data:
        raise Unreadable("not_text")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return _decode(data, _guessed(data))


def _decode(data: bytes, encoding: str) -> str:
    try:
        return data.decode(encoding)
    except (UnicodeDecodeError, LookupError):
        raise Unreadable("unknown_charset") from None


def _guessed(data: bytes) -> str:
    """The encoding by what the text looks like. From a part around the first byte that is not ASCII, cut at line ends:
    the guess takes its time, and a cut inside of a character would mislead it.
    """
    from charset_normalizer import from_bytes

    first = next((index for index, byte in enumerate(data) if byte > 127), 0)
    start = data.rfind(b"\n", 0, first) + 1 if first > _GUESSED_FROM else 0
    end = data.find(b"\n", start + _GUESSED_FROM)
    best = from_bytes(data[start : end if end > 0 else len(data)]).best()
    if best is None:
        raise Unreadable("not_text")
    return best.encoding
