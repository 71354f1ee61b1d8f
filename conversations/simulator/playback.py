"""Carries out the steps of one response body on a transport.

Callbacks instead of a task: a delta costs one timer and one write, so that a few hundred streams at once leave the
processor to whoever is being tested.
"""

from __future__ import annotations

import asyncio
import math
import socket
import struct
from collections.abc import Callable, Iterator
from typing import Literal

from .steps import Now, Pause, Reset, Step

Ending = Literal["whole", "broken", "left"]

_BURST = 32
"""Steps in one turn of the event loop, when nothing makes them wait."""
_FULL = 256 * 1024
"""Bytes not yet taken by a slow reader from which on writing waits."""
_RETRY = 0.02
_NO_LINGER = struct.pack("ii", 1, 0)


class Playback:
    """One response body in HTTP chunks. `speed` gives deltas a second, asked before each one; 0 is no limit.

    `ended` resolves to "whole" when the body is complete, to "broken" when a step broke the connection, to "left" when
    the client did.
    """

    def __init__(
        self,
        steps: Iterator[Step],
        transport: asyncio.Transport,
        loop: asyncio.AbstractEventLoop,
        speed: Callable[[], float],
    ) -> None:
        self._steps = steps
        self._transport = transport
        self._loop = loop
        self._speed = speed
        self._due = loop.time()
        self._timer: asyncio.Handle | None = None
        self.ended: asyncio.Future[Ending] = loop.create_future()

    def start(self) -> None:
        self._due = self._loop.time()
        self._run()

    def stop(self) -> None:
        """Write nothing more."""
        if self._timer is not None:
            self._timer.cancel()
        self._steps = iter(())

    @property
    def left(self) -> bool:
        """Whether the client left before the end; true also while the end is still to come."""
        return not self.ended.done() or self.ended.cancelled() or self.ended.result() == "left"

    def _run(self) -> None:
        for _ in range(_BURST):
            if self._transport.is_closing():
                return self._end("left")
            if self._transport.get_write_buffer_size() > _FULL:
                return self._later(_RETRY)
            step = next(self._steps, None)
            if step is None:
                return self._end("whole")
            delay = self._take(step)
            if self.ended.done():
                return None
            if delay > 0:
                return self._later(delay)
        self._timer = self._loop.call_soon(self._run)
        return None

    def _take(self, step: Step) -> float:
        """Carry out one step; seconds to wait before the next."""
        if isinstance(step, bytes):
            self._write(step)
            return self._until_next_delta()
        if isinstance(step, Now):
            self._write(step.data)
        elif isinstance(step, Pause):
            self._due = self._loop.time() + step.seconds
            return step.seconds
        else:
            self._break(reset=isinstance(step, Reset))
        return 0

    def _write(self, data: bytes) -> None:
        self._transport.write(b"%x\r\n%b\r\n" % (len(data), data))

    def _until_next_delta(self) -> float:
        """Deltas keep to a schedule, so that a late timer does not slow the stream down."""
        speed = self._speed()
        if speed <= 0:
            self._due = self._loop.time()
            return 0
        self._due += 1 / speed
        return self._due - self._loop.time()

    def _later(self, delay: float) -> None:
        if math.isfinite(delay):
            self._timer = self._loop.call_later(delay, self._run)

    def _break(self, *, reset: bool) -> None:
        if reset:
            connection = self._transport.get_extra_info("socket")
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER)
            self._transport.abort()
        else:
            self._transport.close()
        self._end("broken")

    def _end(self, ending: Ending) -> None:
        if not self.ended.done():
            self.ended.set_result(ending)
