"""The process in which one file is read: the file on standard input, what became of it on standard output.

Started by `conversations.attachments.reader` and by nobody else. It gets no environment, so no secret in it.
"""

from __future__ import annotations

import sys
from collections.abc import Callable

import msgspec

from conversations.attachments.confinement import confine
from conversations.attachments.content import Content, Fault, Kind, Limits, Unreadable
from conversations.attachments.recognition import kind_of


class Result(msgspec.Struct, frozen=True):
    """One of both."""

    content: Content | None = None
    fault: Fault | None = None


def main() -> None:
    """Read, confine, parse, answer."""
    limits = msgspec.json.decode(sys.argv[1], type=Limits)
    data = sys.stdin.buffer.read()
    sys.stdout.buffer.write(msgspec.msgpack.encode(_result(data, limits)))
    sys.stdout.buffer.flush()


def _result(data: bytes, limits: Limits) -> Result:
    try:
        kind = kind_of(data)
        confine(kind)
        return Result(content=read(kind, data, limits))
    except Unreadable as unreadable:
        return Result(fault=unreadable.fault)
    except (MemoryError, RecursionError):
        return Result(fault="too_much_work")


def read(kind: Kind, data: bytes, limits: Limits) -> Content:
    """The content of a file of that kind. Raises `Unreadable`."""
    return _reader_of(kind)(data, limits)


def _reader_of(kind: Kind) -> Callable[[bytes, Limits], Content]:
    """Each imports what only its kind needs."""
    match kind:
        case "text":
            from conversations.attachments.plain_text import read_text as reader
        case "pdf":
            from conversations.attachments.pdf import read_pdf as reader
        case "word":
            from conversations.attachments.word import read_word as reader
        case "sheet":
            from conversations.attachments.workbook import read_workbook as reader
        case "image":
            from conversations.attachments.image import read_image as reader
    return reader
