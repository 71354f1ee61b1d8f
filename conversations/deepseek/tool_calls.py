"""Tool calls, put together from their fragments."""

from __future__ import annotations

import json

from conversations.deepseek.chunks import NotAChunk, ToolCallPiece
from conversations.deepseek.events import ToolCallDelta
from conversations.deepseek.messages import CalledFunction, ToolCall
from conversations.deepseek.surrogates import encodable

MAX_CALLS = 512  # of one answer


class TooManyCalls(Exception):
    """More than MAX_CALLS calls in one answer."""


class ToolCallMerger:
    """Merges fragments by index. A known id or name is never replaced: gateways repeat or blank them."""

    __slots__ = ("_calls",)

    def __init__(self) -> None:
        self._calls: dict[int, tuple[str, str, list[str]]] = {}

    def feed(self, piece: ToolCallPiece, position: int) -> ToolCallDelta:
        """The fragment as an event. `position` in its list stands in for a missing index."""
        index = piece.index if isinstance(piece.index, int) else position
        name = _word(piece.function.name) if piece.function else ""
        arguments = _arguments(piece.function.arguments) if piece.function else ""
        known_id, known_name, parts = self._calls.get(index, ("", "", []))
        if index not in self._calls and len(self._calls) >= MAX_CALLS:
            raise TooManyCalls
        if arguments:
            parts.append(arguments)
        self._calls[index] = (known_id or _word(piece.id), known_name or name, parts)
        return ToolCallDelta(
            index=index,
            id="" if known_id else _word(piece.id),
            name="" if known_name else name,
            arguments=arguments,
        )

    def calls(self) -> tuple[ToolCall, ...]:
        """The calls in the order of their indexes; ones without a name are left out."""
        return tuple(
            ToolCall(id=call_id, function=CalledFunction(name=name, arguments="".join(parts)))
            for _, (call_id, name, parts) in sorted(self._calls.items())
            if name
        )

    def __bool__(self) -> bool:
        return bool(self._calls)


def _word(value: object) -> str:
    return encodable(value) if isinstance(value, str) else ""


def _arguments(value: object) -> str:
    """Argument text; some servers send the object itself instead of its JSON."""
    if isinstance(value, str):
        return encodable(value)
    if value is None:
        return ""
    if not isinstance(value, dict):
        raise NotAChunk
    try:
        return json.dumps(value)
    except RecursionError:  # it could just be read, deeper in the stack than it can be written
        raise NotAChunk from None
