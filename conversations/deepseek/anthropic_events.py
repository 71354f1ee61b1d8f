"""The JSON of the Anthropic format as types (a streamed event, a whole answer), and its words in terms of the other."""

from __future__ import annotations

import json
from typing import Any

import msgspec

from conversations.deepseek.chunks import Choice, Chunk, Delta, FunctionPiece, NotAChunk, ToolCallPiece

# Reasons that are not listed keep their name.
REASONS = {
    "end_turn": "stop",
    "stop_sequence": "stop",
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "tool_use": "tool_calls",
    "refusal": "content_filter",
}


class Block(msgspec.Struct, gc=False):
    """A block of content, or a piece of one."""

    type: Any = None
    text: Any = None
    thinking: Any = None
    partial_json: Any = None
    id: Any = None
    name: Any = None
    input: Any = None
    stop_reason: Any = None  # of a message_delta


class Message(msgspec.Struct, gc=False):
    id: Any = None
    model: Any = None
    content: list[Block] | None = None
    stop_reason: Any = None
    usage: Any = None


class MessageEvent(Message, gc=False):
    """An event of a stream; a whole answer has the fields of `Message` only. `index` counts blocks."""

    type: Any = None
    index: Any = None
    message: Message | None = None
    content_block: Block | None = None
    delta: Block | None = None
    error: Any = None


_decoder = msgspec.json.Decoder(MessageEvent)
_UNREADABLE = (msgspec.MsgspecError, ValueError, RecursionError)


def decode_event(data: bytes) -> MessageEvent:
    """`data` as an event or a whole answer; raises NotAChunk. Bad characters are replaced as in the other format."""
    try:
        return _decoder.decode(data)
    except _UNREADABLE:
        pass
    try:
        return msgspec.convert(json.loads(data.decode("utf-8", "replace"), strict=False), MessageEvent)
    except _UNREADABLE:
        raise NotAChunk from None


def reason_of(stop_reason: object) -> object:
    """The finish_reason that a stop_reason stands for."""
    return REASONS.get(stop_reason, stop_reason) if isinstance(stop_reason, str) else stop_reason


def usage_of(usage: dict[str, Any]) -> dict[str, Any]:
    """Counts under the names of the other format. Here `input_tokens` leaves out what the cache gave or took."""
    hit = _count(usage, "cache_read_input_tokens")
    miss = _count(usage, "input_tokens") + _count(usage, "cache_creation_input_tokens")
    return {
        "prompt_tokens": hit + miss,
        "prompt_cache_hit_tokens": hit,
        "prompt_cache_miss_tokens": miss,
        "completion_tokens": usage.get("output_tokens"),
    }


def chunk_of(answer: MessageEvent) -> Chunk:
    """A whole answer as one of the other format; raises NotAChunk for anything that is none."""
    if answer.content is None:
        raise NotAChunk
    delta = Delta(
        content=_joined(answer.content, "text"),
        reasoning_content=_joined(answer.content, "thinking"),
        tool_calls=[
            ToolCallPiece(id=block.id, function=FunctionPiece(block.name, _input(block.input)))
            for block in answer.content
            if block.type == "tool_use"
        ],
    )
    usage = usage_of(answer.usage) if isinstance(answer.usage, dict) and answer.usage else None
    choice = Choice(message=delta, finish_reason=reason_of(answer.stop_reason))
    return Chunk(id=answer.id, model=answer.model, choices=[choice], usage=usage)


def _joined(blocks: list[Block], kind: str) -> str:
    pieces = [getattr(block, kind) for block in blocks if block.type == kind]
    if not all(isinstance(piece, str) for piece in pieces):
        raise NotAChunk
    return "".join(pieces)


def _input(value: object) -> object:
    return {} if value is None else value


def _count(usage: dict[str, Any], name: str) -> int:
    value = usage.get(name)
    return value if isinstance(value, int) and value >= 0 else 0
