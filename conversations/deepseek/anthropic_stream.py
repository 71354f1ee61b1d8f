"""An answer in the Anthropic format, with the events of the other one."""

from __future__ import annotations

from typing import Any

from conversations.deepseek.anthropic_events import (
    Block,
    Message,
    MessageEvent,
    chunk_of,
    decode_event,
    reason_of,
    usage_of,
)
from conversations.deepseek.calls import CallRecord
from conversations.deepseek.chunks import Delta, FunctionPiece, NotAChunk, ToolCallPiece, label_of
from conversations.deepseek.completion import CompletionState
from conversations.deepseek.ends import EndKind
from conversations.deepseek.errors import EmptyAnswer, UpstreamError
from conversations.deepseek.plain import Completion, read_chunk, unreadable
from conversations.deepseek.rejection import error_in_stream
from conversations.deepseek.think_tags import ThinkTags
from conversations.deepseek.usage import usage_from_wire

_KNOWN = (None, "text", "text_delta", "thinking", "thinking_delta", "input_json_delta")
"""Blocks and pieces of them that are read; some servers leave the type out. Others may hold text of another meaning."""


class MessagesState(CompletionState):
    """The state of a streamed answer whose end marker is `message_stop`. Unknown events and blocks are passed over,
    as the format asks of its readers.
    """

    def __init__(self, think_tags: ThinkTags = ThinkTags.NONE, *, continues: bool = False) -> None:
        super().__init__(think_tags, continues=continues)
        self._counts: dict[str, Any] = {}
        self._call_of_block: dict[object, int] = {}
        self._begun_calls = 0
        self._argued: set[int] = set()  # calls of which argument text has come

    def _end_marker(self) -> None:
        """`[DONE]` does not belong to this format; a gateway that adds it has sent `message_stop` as well."""

    def _payload(self, data: bytes, event: bytes) -> None:
        received = decode_event(data)
        if received.error:
            self._fail(EndKind.upstream_error, error_in_stream(received.error))
            return
        kind = received.type or event.decode("ascii", "replace")
        if not isinstance(kind, str) or not kind:
            raise NotAChunk
        if kind == "content_block_delta" and received.delta is not None:
            self._piece(received.index, received.delta)
        else:
            self._frame(kind, received)

    def _frame(self, kind: str, received: MessageEvent) -> None:
        """Everything around the pieces."""
        if kind == "content_block_start" and received.content_block is not None:
            self._begin_block(received.index, received.content_block)
        elif kind == "content_block_stop":
            self._end_block(received.index)
        elif kind == "message_start" and received.message is not None:
            self._begin(received.message)
        elif kind == "message_delta":
            self._count(received.usage)
            reason = reason_of(received.delta.stop_reason) if received.delta is not None else None
            if reason:
                self.finish_reason = label_of(reason) or "unreadable"
        elif kind == "message_stop":
            self._done()

    def _begin(self, message: Message) -> None:
        self.model = self.model or label_of(message.model)
        self.upstream_id = self.upstream_id or label_of(message.id)
        self._count(message.usage)

    def _begin_block(self, index: object, block: Block) -> None:
        if block.type == "tool_use":
            self._call_of_block[_key(index)] = number = self._begun_calls
            self._begun_calls += 1
            self._tool_calls([ToolCallPiece(number, block.id, FunctionPiece(block.name))])
            if block.input:
                self._arguments(number, block.input)
        else:
            self._piece(index, block)

    def _piece(self, index: object, piece: Block) -> None:
        if piece.type not in _KNOWN:
            return
        if piece.text or piece.thinking:
            self._delta(Delta(content=piece.text, reasoning_content=piece.thinking))
        elif piece.partial_json:
            number = self._call_of_block.get(_key(index))
            if number is not None:
                self._arguments(number, piece.partial_json)

    def _end_block(self, index: object) -> None:
        number = self._call_of_block.get(_key(index))
        if number is not None and number not in self._argued:
            self._arguments(number, "{}")  # a call without arguments has no piece of them

    def _arguments(self, number: int, arguments: object) -> None:
        self._argued.add(number)
        self._tool_calls([ToolCallPiece(number, None, FunctionPiece(None, arguments))])

    def _count(self, usage: object) -> None:
        """The counts of the end replace those of the beginning, as far as they are there."""
        if isinstance(usage, dict):
            self._counts |= {name: value for name, value in usage.items() if value is not None}
            self.usage = usage_from_wire(usage_of(self._counts)) if self._counts else None


def message_from_wire(
    body: bytes, calls: list[CallRecord], think_tags: ThinkTags = ThinkTags.NONE
) -> tuple[Completion, UpstreamError | None]:
    """What the body of a plain call holds, and what is wrong with it. Raises UpstreamError as the other format does."""
    trimmed = body.strip()
    if not trimmed:
        raise EmptyAnswer("body=empty")
    try:
        received = decode_event(trimmed)
        if received.error:
            raise error_in_stream(received.error)
        chunk = chunk_of(received)
    except NotAChunk:
        raise unreadable(trimmed) from None
    return read_chunk(chunk, calls, think_tags)


def _key(index: object) -> object:
    """Something to look blocks up by; servers that leave the index out have one block open at a time."""
    return index if isinstance(index, int | str) else None
