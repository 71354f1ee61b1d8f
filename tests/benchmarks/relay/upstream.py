"""The paced upstream, a process of its own: `python -m …upstream` prints its port and ends with its standard input.

It speaks DeepSeek's wire. The last message of a request says what to stream: "DELTAS RATE", a number of deltas and how
many of them a second; the first one leaves at once. Each delta is `NUMBER:NANOSECONDS `, its place and the moment of
its leaving on the machine's monotonic clock. A request without "stream" (a title) is answered with four words.
"""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import cast

from tests.benchmarks.chunks import FIRST, HEAD, LAST, PIECE, WORD
from tests.benchmarks.program import running, serve

_REQUEST = re.compile(rb"POST .*?\r\ncontent-length: (\d+)(?=\r\n).*?\r\n\r\n", re.DOTALL | re.IGNORECASE)
_BEFORE, _AFTER = PIECE.split(b"\r\n", 1)[1].split(WORD.encode())
_TITLE = json.dumps(
    {
        "id": "9b4e2c1a-5f0c-4d7e-8a3b-2c6d1e0f9a88",
        "object": "chat.completion",
        "created": 1790000000,
        "model": "deepseek-flash",
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", "content": "A title of words"},
                "finish_reason": "stop",
                "logprobs": None,
            }
        ],
        "usage": {
            "prompt_tokens": 900,
            "completion_tokens": 4,
            "total_tokens": 904,
            "prompt_cache_hit_tokens": 0,
            "prompt_cache_miss_tokens": 900,
        },
    }
).encode()


class _Connection(asyncio.Protocol):
    """Answers one request after the other."""

    _transport: asyncio.Transport

    def __init__(self) -> None:
        self._received = b""
        self._timer: asyncio.TimerHandle | None = None
        self._loop = asyncio.get_running_loop()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is none by its class

    def connection_lost(self, error: Exception | None) -> None:
        if self._timer is not None:
            self._timer.cancel()

    def data_received(self, data: bytes) -> None:
        self._received += data
        head = _REQUEST.match(self._received)
        if head and len(self._received) >= head.end() + int(head[1]):
            body = json.loads(self._received[head.end() :])
            self._received = b""
            self._answer(body)

    def _answer(self, body: dict[str, object]) -> None:
        if not body.get("stream"):
            length = len(_TITLE)
            head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % length
            self._transport.write(head + _TITLE)
            return
        question = cast("list[dict[str, str]]", body["messages"])[-1]["content"]
        deltas, rate = question.split()
        self._left, self._pause, self._number = int(deltas), 1 / float(rate), 0
        self._transport.write(HEAD + FIRST)
        self._delta(self._loop.time())

    def _delta(self, when: float) -> None:
        word = b"%d:%d " % (self._number, time.monotonic_ns())
        self._number += 1
        size = len(_BEFORE) + len(word) + len(_AFTER) - 2
        self._transport.write(b"%x\r\n%s%s%s" % (size, _BEFORE, word, _AFTER))
        if self._number < self._left:
            when += self._pause
            self._timer = self._loop.call_at(when, self._delta, when)
        else:
            self._transport.write(LAST)


@contextmanager
def running_upstream() -> Iterator[str]:
    """The base address of an upstream that runs meanwhile."""
    with running(__name__) as (port, _):
        yield f"http://127.0.0.1:{port}"


if __name__ == "__main__":
    serve(_Connection)
