"""The export in JSON: everything, in the format that `docs/export.md` describes and the import reads."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import msgspec

from conversations.services.exporting.archive import Archive, Exported
from conversations.services.exporting.names import path_of
from conversations.services.rows import timestamp

FORMAT = "chatsite"
VERSION = 1
_HALF_PAIR = re.compile("[\ud800-\udfff]")
_OF_MESSAGE = ("id", "parent", "role", "text", "reasoning", "created")
_OF_ATTACHMENT = ("id", "name", "kind", "size")
_OF_SUMMARY = ("message", "text", "author", "created", "changed")
_OF_PRESET = ("name", "instructions", "model", "thinking", "options")
_OF_GENERATION = (
    "status",
    "model",
    "thinking",
    "options",
    "finish_reason",
    "usage",
    "cost",
    "duration_ms",
    "reasoning_ms",
)


async def document(archive: Archive) -> AsyncIterator[bytes]:
    """The whole document, in pieces of about one message."""
    head: dict[str, Any] = {"format": FORMAT, "version": VERSION, "exported": timestamp(datetime.now(UTC))}
    head["folders"] = await archive.folders()
    if archive.is_whole:
        head["presets"] = [{name: row[name] for name in _OF_PRESET} for row in await archive.presets()]
        head["draft"] = await archive.new_draft()
    yield _encoded(head)[:-1] + b',"conversations":['
    separator = b"\n"
    async for conversation in archive.conversations():
        yield separator
        async for piece in _conversation(archive, conversation):
            yield piece
        separator = b",\n"
    yield b"\n]}\n"


async def _conversation(archive: Archive, conversation: Exported) -> AsyncIterator[bytes]:
    yield _encoded(conversation.data)[:-1] + b',"messages":['
    separator = b"\n "
    async for row in archive.messages(conversation):
        yield separator + _encoded(_message(row))
        separator = b",\n "
    summaries = [{name: row[name] for name in _OF_SUMMARY} for row in await archive.summaries(conversation)]
    yield b'],"summaries":' + _encoded(summaries) + b"}"


def _message(row: dict[str, Any]) -> dict[str, Any]:
    generation = row["generation"]
    files = [{name: each[name] for name in _OF_ATTACHMENT} | {"file": path_of(each)} for each in row["attachments"]]
    message = {name: row[name] for name in _OF_MESSAGE} | {"attachments": files, "generation": None}
    if generation is not None:
        error = generation["error"]
        message["generation"] = {name: generation[name] for name in _OF_GENERATION} | {
            "error": error["code"] if error else None
        }
    return message


def _encoded(value: Any) -> bytes:
    try:
        return msgspec.json.encode(value)
    except UnicodeEncodeError:
        # Half of a surrogate pair is no text that JSON could carry.
        return _HALF_PAIR.sub("\ufffd", json.dumps(value, ensure_ascii=False)).encode()
