"""The upstream of a measurement, a process of its own so that its work is not counted: `python -m …upstream`.

It prints its port, then answers `POST /KIND/chat/completions` until its standard input is closed. KIND is one of

- `paced`: a piece every 20 ms until the client hangs up; the streams are spread evenly over those 20 ms
- `bulk`: BULK pieces at once
- `short`: one piece and the end
- `line`: one line of LINE bytes without an end
"""

from __future__ import annotations

import asyncio
import itertools
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import cast

from tests.benchmarks.chunks import FIRST, HEAD, LAST, PIECE
from tests.benchmarks.program import running, serve

STREAMS = 20
PACE = 0.02
"""Seconds between two pieces of a paced stream."""

BULK = 20_000
LINE = 64 * 1024 * 1024
_BLOCK = 64 * 1024

_REQUEST = re.compile(rb"POST /(\w+)/.*?\r\ncontent-length: (\d+)(?=\r\n).*?\r\n\r\n", re.DOTALL | re.IGNORECASE)


class Connection(asyncio.Protocol):
    """Answers one request after the other."""

    _transport: asyncio.Transport
    _slots = itertools.count()

    def __init__(self) -> None:
        self._received = b""
        self._timer: asyncio.TimerHandle | None = None
        self._loop = asyncio.get_running_loop()
        self._line_left = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is none by its class

    def connection_lost(self, error: Exception | None) -> None:
        self._line_left = 0
        if self._timer is not None:
            self._timer.cancel()

    def data_received(self, data: bytes) -> None:
        self._received += data
        request = _REQUEST.match(self._received)
        if request and len(self._received) >= request.end() + int(request[2]):
            self._received = b""
            self._transport.write(HEAD + FIRST)
            self._kinds()[request[1]]()

    def resume_writing(self) -> None:
        self._write_line()

    def _kinds(self) -> dict[bytes, Callable[[], None]]:
        return {b"paced": self._start_pace, b"bulk": self._bulk, b"short": self._short, b"line": self._start_line}

    def _short(self) -> None:
        self._transport.write(PIECE + LAST)

    def _bulk(self) -> None:
        self._transport.write(PIECE * BULK + LAST)

    def _start_pace(self) -> None:
        slot = next(self._slots) % STREAMS / STREAMS
        now = self._loop.time()
        self._next_piece(now - now % PACE + PACE * (1 + slot))

    def _next_piece(self, when: float) -> None:
        self._timer = self._loop.call_at(when, self._piece, when)

    def _piece(self, when: float) -> None:
        self._transport.write(PIECE)
        self._next_piece(when + PACE)

    def _start_line(self) -> None:
        self._transport.write(b"%x\r\ndata: " % (LINE + 6))
        self._line_left = LINE
        self._transport.set_write_buffer_limits(high=0)  # `resume_writing` comes as soon as all is sent
        self._write_line()

    def _write_line(self) -> None:
        while self._line_left and not self._transport.get_write_buffer_size():
            self._line_left -= _BLOCK
            self._transport.write(b"x" * _BLOCK)


@contextmanager
def running_upstream() -> Iterator[str]:
    """The address of an upstream that runs meanwhile; a KIND belongs behind it."""
    with running(__name__) as (port, _):
        yield f"http://127.0.0.1:{port}"


if __name__ == "__main__":
    serve(Connection)
