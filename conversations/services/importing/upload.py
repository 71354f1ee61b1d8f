"""From a file's bytes to what is in it, one by one and each by itself: one that is broken spoils no other. Pure."""

from __future__ import annotations

import io
import lzma
import re
import zipfile
import zlib
from collections.abc import Callable, Iterator
from functools import partial

import msgspec

from conversations.services.importing import chatgpt, open_webui, own_format
from conversations.services.importing.document import (
    ImportedConversation,
    ImportedDraft,
    ImportedPreset,
    NoExport,
    Unacceptable,
)
from conversations.services.importing.document import marked as _

MOST_BYTES = 64 * 1024 * 1024
"""Of an uploaded file."""
MOST_JSON = 256 * 1024 * 1024
"""Of JSON within it, unpacked."""
MOST_CONVERSATIONS = 50_000
"""With presets."""
_IN_ZIP = re.compile(r"(^|/)conversations(-\d+)?\.json$")
_ESCAPE = re.compile(
    rb"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(u[dD][89a-fA-F][0-9a-fA-F]{2})|.)"
)
_BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    NotImplementedError,  # a compression that Python does not know
    RuntimeError,  # it is encrypted
    EOFError,
    OSError,
    ValueError,
)
_TOO_DEEP = _("This file is nested too deeply to be an export.")

Imported = ImportedConversation | ImportedPreset | ImportedDraft
Read = Callable[[], Imported]


def contents(data: bytes) -> Iterator[Read]:
    """A function for each conversation of the file, and for what else is in our own, which reads it or raises
    `Unacceptable`.

    Raises `Unacceptable` itself when the file as a whole is nothing that could be imported.
    """
    documents, files = [data], _no_files
    if data[:4] in (b"PK\x03\x04", b"PK\x05\x06"):
        packed = _opened(data)
        documents, files = _unpacked(packed), partial(_beside, packed)
    total = 0
    for document in documents:
        for read in _of_document(_readable(document), files):
            total += 1
            if total > MOST_CONVERSATIONS:
                text = _("The file has more than %(most)s conversations.")
                raise Unacceptable(text, most=f"{MOST_CONVERSATIONS:,}")
            yield partial(_read, read)


def _no_files(name: str, most: int) -> bytes | None:
    """Nothing is beside a document that came by itself."""
    return None


def _beside(packed: zipfile.ZipFile, name: str, most: int) -> bytes | None:
    try:
        with packed.open(name) as entry:
            content = entry.read(most + 1)
    except (KeyError, *_BROKEN):
        return None
    return content if len(content) <= most else None


def _opened(data: bytes) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(io.BytesIO(data))
    except _BROKEN as error:
        raise _unreadable(error) from None


def _unpacked(packed: zipfile.ZipFile) -> list[bytes]:
    # What is in our `files/` was attached to a chat, whatever its name.
    infos = [info for info in packed.infolist() if not info.filename.startswith("files/")]
    wanted = sorted((info for info in infos if _IN_ZIP.search(info.filename)), key=_name)
    if not wanted:
        names = [info for info in infos if info.filename.endswith(".json")]
        wanted = names if len(names) == 1 else []
    if not wanted:
        raise NoExport(_("There is no conversations.json in this ZIP."))
    try:
        return _bounded(packed, wanted)
    except _BROKEN as error:
        raise _unreadable(error) from None


def _unreadable(error: Exception) -> Unacceptable:
    text = _("This ZIP cannot be read (%(problem)s). It may be damaged or encrypted.")
    return Unacceptable(text, problem=type(error).__name__)


def _bounded(packed: zipfile.ZipFile, wanted: list[zipfile.ZipInfo]) -> list[bytes]:
    """What a ZIP says of its sizes may be a lie: no more than is allowed is unpacked."""
    room = MOST_JSON
    documents = []
    for info in wanted:
        with packed.open(info) as entry:
            document = entry.read(room + 1)
        room -= len(document)
        if room < 0:
            raise Unacceptable(_("What this ZIP holds is larger than %(most)s MB."), most=MOST_JSON // 2**20)
        documents.append(document)
    return documents


def _name(info: zipfile.ZipInfo) -> str:
    return info.filename


def _readable(document: bytes) -> bytes:
    """JSON that can be decoded: halves of surrogate pairs, which are legal JSON and no legal text, are replaced."""
    document = document.removeprefix(b"\xef\xbb\xbf")
    try:
        msgspec.json.decode(document, type=msgspec.Raw)
    except (msgspec.DecodeError, UnicodeDecodeError):
        document = document.decode("utf-8", "replace").encode()
        document = _ESCAPE.sub(lambda found: rb"\ufffd" if found[1] else found[0], document)
    except RecursionError:
        raise NoExport(_TOO_DEEP) from None
    return document


def _of_document(document: bytes, files: own_format.Files) -> Iterator[Read]:
    kind = document.lstrip()[:1]
    try:
        if kind == b"[":
            for raw in msgspec.json.decode(document, type=list[msgspec.Raw]):
                yield partial(_foreign, raw)
        elif kind == b"{":
            yield from _of_object(document, files)
        else:
            raise NoExport(_("This is no JSON file."))
    except RecursionError:
        raise NoExport(_TOO_DEEP) from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise NoExport(_("This file is not valid JSON: %(problem)s."), problem=_reason(error)) from None


_ABSENT = msgspec.Raw(b"")


class _Marks(msgspec.Struct):
    """By what an object is told apart."""

    format: msgspec.Raw = _ABSENT
    mapping: msgspec.Raw = _ABSENT
    chat: msgspec.Raw = _ABSENT


def _of_object(document: bytes, files: own_format.Files) -> Iterator[Read]:
    marks = msgspec.json.decode(document, type=_Marks)
    if not bytes(marks.format):
        yield partial(_foreign, document)
        return
    own = msgspec.json.decode(document, type=own_format.Document)
    if own.version not in own_format.VERSIONS:
        text = _("This file has version %(version)s of the format; this server knows version 1.")
        raise Unacceptable(text, version=own.version)
    folders = {folder.id: folder.name for folder in own.folders}
    for raw in own.conversations:
        yield partial(own_format.conversation, raw, folders, files)
    for raw in own.presets:
        yield partial(own_format.preset, raw)
    if own.draft:
        yield partial(own_format.draft, own.draft)


def _foreign(raw: bytes | msgspec.Raw) -> ImportedConversation:
    marks = msgspec.json.decode(raw, type=_Marks)
    if bytes(marks.mapping):
        return chatgpt.conversation(raw)
    if bytes(marks.chat):
        return open_webui.conversation(raw)
    raise Unacceptable(_("it is a conversation of no known format (neither `mapping` nor `chat` is there)"))


def _read(read: Read) -> Imported:
    try:
        return read()
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        if isinstance(error, RecursionError):
            raise Unacceptable(_("it is nested too deeply")) from None
        raise Unacceptable(_("it is not as it should be: %(problem)s"), problem=_reason(error)) from None


def _reason(error: Exception) -> str:
    """In the words of the decoder."""
    return str(error)[:300]
