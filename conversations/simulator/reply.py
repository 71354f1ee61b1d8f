"""One response that is ready to be written: the parts from which scripts put a stream together."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

from . import wire
from .continuation import Output
from .steps import Now, Step
from .tokens import pieces, token_count
from .wire import Chunks

_AT_MOST_BEFORE_A_FAULT = 40
"""Deltas of text before a fault, so that one does not wait for it at a low speed."""


@dataclass(frozen=True)
class Reply:
    """The output of one call and how to encode it."""

    output: Output
    usage: dict[str, Any]
    identity: wire.Identity
    chunks: Chunks

    def body(self) -> bytes:
        """The response that does not stream."""
        return wire.completion(self.identity, self.output, self.usage)

    def pieces_of_reasoning(self) -> Iterator[str]:
        return pieces(self.output.reasoning)

    def pieces_of_content(self) -> Iterator[str]:
        return pieces(self.output.content)

    def reasoning(self) -> Iterator[bytes]:
        return map(self.chunks.reasoning, self.pieces_of_reasoning())

    def content(self) -> Iterator[bytes]:
        return map(self.chunks.content, self.pieces_of_content())

    def calls(self) -> Iterator[bytes]:
        for index, call in enumerate(self.output.calls):
            yield from self.chunks.call(index, call)

    def text(self) -> Iterator[bytes]:
        """Everything between the first chunk and the last."""
        yield from self.reasoning()
        yield from self.content()
        yield from self.calls()

    def closing(self, finish_reason: str | None = None) -> bytes:
        """The last chunk, with another reason than the output's if one is given."""
        return self.chunks.closing(finish_reason or self.output.finish_reason, self.usage)

    def some_reasoning(self) -> Iterator[bytes]:
        """About half of the reasoning."""
        return islice(self.reasoning(), _half(self.output.reasoning))

    def some_text(self) -> Iterator[bytes]:
        """The reasoning and about half of the content."""
        yield from self.reasoning()
        yield from islice(self.content(), _half(self.output.content))

    def rest_of_content(self) -> Iterator[bytes]:
        """The content that `some_text` leaves."""
        return islice(self.content(), _half(self.output.content), None)


def whole(reply: Reply) -> Iterator[Step]:
    """The script of a stream without a fault. The first text comes with the first chunk, not a delta's time later."""
    yield Now(reply.chunks.opening())
    yield from reply.text()
    yield reply.closing()
    yield Now(wire.DONE)


def _half(text: str) -> int:
    return min(-(-token_count(text) // 2), _AT_MOST_BEFORE_A_FAULT)
