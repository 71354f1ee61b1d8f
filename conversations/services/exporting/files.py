"""Which file an export is: one document, or a ZIP when there are several or when files were attached, with these."""

from __future__ import annotations

import asyncio
import zipfile
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from uuid import UUID

from conversations.services.exporting import html, json_document, markdown
from conversations.services.exporting.archive import Archive, Exported
from conversations.services.exporting.names import file_name, path_of

_PIECE = 64 * 1024

Document = Callable[[Archive, Exported], AsyncIterator[str]]


class Format(StrEnum):
    JSON = "json"
    MARKDOWN = "markdown"
    HTML = "html"


_DOCUMENTS: dict[Format, tuple[Document, str, str]] = {
    Format.MARKDOWN: (markdown.document, "md", "text/markdown; charset=utf-8"),
    Format.HTML: (html.document, "html", "text/html; charset=utf-8"),
}


@dataclass(frozen=True)
class File:
    """A file to be downloaded."""

    name: str
    content_type: str
    pieces: AsyncIterator[bytes]


async def export(user_id: UUID, format_: Format, ids: list[UUID] | None = None) -> File:
    """A person's conversations (`ids` None: all) as a file. Raises `NotFound` before anything is written."""
    archive = Archive(user_id, ids)
    count = await archive.check()
    attached = await archive.file_ids()
    only = ids is not None and count == 1
    stem = await _title(archive) if only else f"chats {datetime.now(UTC):%Y-%m-%d}"
    if format_ is Format.JSON:
        if attached:
            return File(f"{stem}.zip", "application/zip", _zip(archive, _json(archive), attached))
        return File(f"{stem}.json", "application/json", json_document.document(archive))
    document, extension, content_type = _DOCUMENTS[format_]
    if only and not attached:
        return File(f"{stem}.{extension}", content_type, _one(archive, document))
    documents = _documents(archive, document, extension, stem if only else "")
    return File(f"{stem}.zip", "application/zip", _zip(archive, documents, attached))


async def _title(archive: Archive) -> str:
    titles = [file_name(each.title) async for each in archive.conversations()]
    return titles[0] if titles else file_name("")


async def _one(archive: Archive, document: Document) -> AsyncIterator[bytes]:
    async for conversation in archive.conversations():
        async for piece in _text(document(archive, conversation)):
            yield piece


@dataclass(frozen=True)
class _Entry:
    """A file in a ZIP."""

    name: str
    at: datetime
    pieces: AsyncIterator[bytes]


async def _text(pieces: AsyncIterator[str]) -> AsyncIterator[bytes]:
    async for piece in pieces:
        yield piece.encode("utf-8", "replace")


async def _documents(archive: Archive, document: Document, extension: str, stem: str) -> AsyncIterator[_Entry]:
    """`stem`: the only one's name; without, they are counted."""
    number = 0
    async for conversation in archive.conversations():
        number += 1
        name = f"{stem or f'{number:05d} {file_name(conversation.title)}'}.{extension}"
        yield _Entry(name, conversation.row.updated_at, _text(document(archive, conversation)))


async def _json(archive: Archive) -> AsyncIterator[_Entry]:
    yield _Entry("conversations.json", datetime.now(UTC), json_document.document(archive))


async def _zip(archive: Archive, documents: AsyncIterator[_Entry], attached: list[UUID]) -> AsyncIterator[bytes]:
    """`documents`, and the files of their messages."""
    sink = _Sink()
    with zipfile.ZipFile(sink, "w") as packed:  # type: ignore[call-overload]
        for entries in (documents, _attached(archive, attached)):
            async for entry in entries:
                # Its size is not known yet.
                with packed.open(_info(entry), "w", force_zip64=True) as file:
                    async for piece in entry.pieces:
                        file.write(piece)
                        if sink.size >= _PIECE:
                            yield sink.take()
    yield sink.take()


async def _attached(archive: Archive, ids: list[UUID]) -> AsyncIterator[_Entry]:
    for each in ids:
        file = await archive.file(each)
        if file is not None:
            path = path_of({"id": str(each), "name": file.name})
            yield _Entry(path, datetime.now(UTC), _in_pieces(file.content))


async def _in_pieces(content: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(content), _PIECE):
        yield content[start : start + _PIECE]
        # Packing takes some milliseconds; others are served between two pieces.
        await asyncio.sleep(0)


def _info(entry: _Entry) -> zipfile.ZipInfo:
    at = entry.at.astimezone(UTC)
    # ZIP's calendar begins in 1980.
    info = zipfile.ZipInfo(entry.name, (max(at.year, 1980), at.month, at.day, at.hour, at.minute, at.second))
    info.compress_type = zipfile.ZIP_DEFLATED
    return info


class _Sink:
    """A file that cannot be rewound: `zipfile` writes what it has, and never goes back."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self.size = 0

    def write(self, data: bytes) -> int:
        self._parts.append(bytes(data))
        self.size += len(data)
        return len(data)

    def flush(self) -> None:
        pass

    def take(self) -> bytes:
        taken = b"".join(self._parts)
        self._parts.clear()
        self.size = 0
        return taken
