"""Other ways to ask for the same answers: fill in the middle, and the Anthropic format.

Both are turned into a chat request, and the reply to it is turned back event by event. So scenarios work in them as
well; what a script writes that is not exactly one event passes as it is.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from typing import Any

import msgspec

from . import wire
from .schema import ChatRequest
from .steps import Now, Step
from .validation import read_request

_encode = msgspec.json.Encoder().encode


class Dialect:
    """Of one call: the format of chat completions itself, which the others change."""

    def __init__(self, *, beta: bool = False) -> None:
        self._beta = beta

    def read(self, body: bytes) -> ChatRequest:
        """The request that `body` makes. Raises RefusedError."""
        return read_request(body, beta=self._beta)

    def steps(self, steps: Iterator[Step]) -> Iterator[Step]:
        """A streamed response."""
        return steps

    def body(self, body: bytes) -> bytes:
        """A response that does not stream."""
        return body


class Translated(Dialect, ABC):
    """A dialect that is written and read by way of chat completions."""

    def __init__(self, to_chat: Callable[[bytes], dict[str, Any]]) -> None:
        super().__init__(beta=True)
        self._to_chat = to_chat

    def read(self, body: bytes) -> ChatRequest:
        return super().read(_encode(self._to_chat(body)))

    def steps(self, steps: Iterator[Step]) -> Iterator[Step]:
        for step in steps:
            if isinstance(step, bytes | Now):
                data = self.translate(step if isinstance(step, bytes) else step.data)
                if data:  # an empty piece would end the body
                    yield data if isinstance(step, bytes) else Now(data)
            else:
                yield step

    def body(self, body: bytes) -> bytes:
        return _encode(self.answer(msgspec.json.decode(body)))

    def translate(self, data: bytes) -> bytes:
        """One event of a chat completion in this dialect; anything else as it is."""
        if data == wire.DONE:
            return self.done()
        try:
            chunk = msgspec.json.decode(data.removeprefix(b"data: ")) if data.startswith(b"data: ") else None
        except (msgspec.DecodeError, UnicodeDecodeError):
            return data
        return self.event(chunk) if isinstance(chunk, dict) else data

    def done(self) -> bytes:
        return wire.DONE

    @abstractmethod
    def event(self, chunk: dict[str, Any]) -> bytes:
        """A chunk, an error object or something else that is JSON."""

    @abstractmethod
    def answer(self, completion: dict[str, Any]) -> dict[str, Any]:
        """A whole completion."""
