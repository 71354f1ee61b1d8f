"""The JSON of an answer, streamed (a chunk) or whole (a response), as types."""

from __future__ import annotations

import json
from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

# `Any` marks the fields for which gateways send other types than the documented ones; their readers check.


class FunctionPiece(msgspec.Struct, gc=False):
    name: Any = None
    arguments: Any = None


class ToolCallPiece(msgspec.Struct, gc=False):
    index: Any = None
    id: Any = None
    function: FunctionPiece | None = None


class Delta(msgspec.Struct, gc=False):
    """`reasoning` and `thinking` are what other servers call `reasoning_content`."""

    content: Any = None
    reasoning_content: Any = None
    reasoning: Any = None
    thinking: Any = None
    tool_calls: list[ToolCallPiece] | None = None


class Choice(msgspec.Struct, gc=False):
    index: Any = 0
    delta: Delta | None = None
    message: Delta | None = None
    finish_reason: Any = None
    logprobs: Any = None
    text: Any = None  # of a fill-in-the-middle completion, in place of a delta and of a message


class Chunk(msgspec.Struct, gc=False):
    id: Any = None
    model: Any = None
    choices: list[Choice] | UnsetType | None = UNSET
    usage: Any = None
    error: Any = None


class NotAChunk(Exception):
    """The bytes are no JSON, or JSON of another shape."""


_decoder = msgspec.json.Decoder(Chunk)
_UNREADABLE = (msgspec.MsgspecError, ValueError, RecursionError)


def decode_chunk(data: bytes) -> Chunk:
    """`data` as a chunk; raises NotAChunk.

    JSON may hold half of a surrogate pair, and a server may send bytes that are no UTF-8. The fast decoder refuses
    both, so they go a slower way and arrive as a lone surrogate and as U+FFFD.
    """
    try:
        chunk = _decoder.decode(data)
    except _UNREADABLE:
        chunk = _decode_leniently(data)
    if chunk.choices is UNSET and not (chunk.error or chunk.usage or chunk.id):
        raise NotAChunk
    return chunk


def _decode_leniently(data: bytes) -> Chunk:
    try:
        return msgspec.convert(json.loads(data.decode("utf-8", "replace"), strict=False), Chunk)
    except _UNREADABLE:
        raise NotAChunk from None


def text_of(value: object) -> str:
    """`value` if it is text, the text parts of a list of parts, nothing for null; raises NotAChunk."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, list):
        texts = [part.get("text") or "" for part in value if isinstance(part, dict)]
        if all(isinstance(text, str) for text in texts):
            return "".join(texts)
    raise NotAChunk


def label_of(value: object) -> str | None:
    """An id or a name out of a chunk: short and printable, else None."""
    if isinstance(value, str) and 0 < len(value) <= 200 and value.isprintable():
        return value
    return None
