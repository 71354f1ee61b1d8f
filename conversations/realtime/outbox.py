"""The outbox of one socket: frames in the order in which they came, at once or by a task of its own.

Putting a frame never blocks, so that one slow reader costs the others nothing. While the reader keeps up, a frame goes
straight to its socket; what it does not take waits here, and what waits is bounded.
"""

from __future__ import annotations

import asyncio
import contextvars
import logging
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Protocol

from conversations.generation.figures import figures

logger = logging.getLogger(__name__)

_BEHIND = 64 * 1024
"""Bytes of waiting frames above which a reader is spared pieces of running answers: it gets a snapshot later."""
_MOST = 8 * 1024 * 1024
"""Bytes of waiting frames. A reader that falls further behind is given up: its page reconnects and gets a snapshot."""


class SendNow(Protocol):
    def __call__(self, *frames: bytes) -> bool: ...


def _never_now(*frames: bytes) -> bool:
    return False


class Outbox:
    """Frames on their way to one socket. A `Receiver` of the engine."""

    def __init__(
        self,
        send: Callable[[bytes], Awaitable[None]],
        *,
        too_slow: Callable[[], None],
        send_now: SendNow = _never_now,
    ) -> None:
        """`send` returns when the reader takes more. `send_now` sends frames without waiting, or returns False when the
        reader is behind. `too_slow` is called once, when the reader is given up, and closes the socket."""
        self._send = send
        self._send_now = send_now
        self._too_slow = too_slow
        self._waiting: deque[bytes] = deque()
        self._size = 0
        self._closed = False
        self._sender: asyncio.Task[None] | None = None

    @property
    def behind(self) -> bool:
        """Whether so much waits that further pieces of running answers had better be left out."""
        return self._size > _BEHIND

    def receive(self, *frames: bytes) -> None:
        """Send or queue frames (JSON text, padded), however long they are. Dropped when the socket is closed."""
        if len(frames) > 1 and sum(map(len, frames)) > _BEHIND:
            # One by one, for the room of the socket is looked at once for each write.
            for frame in frames:
                self.receive(frame)
            return
        if self._closed:
            return
        if self._sender is None and self._send_now(*frames):
            figures.frames += len(frames)
            return
        if self._size > _MOST:
            logger.warning("a reader is too slow: it is disconnected")
            figures.slow_readers += 1
            self.close()
            self._too_slow()
            return
        self._waiting.extend(frames)
        self._size += sum(map(len, frames))
        if self._sender is None:
            self._sender = asyncio.get_running_loop().create_task(self._drain(), context=contextvars.Context())

    def close(self) -> None:
        """The socket is gone."""
        self._closed = True
        self._waiting.clear()
        self._size = 0

    async def _drain(self) -> None:
        while self._waiting:
            frame = self._waiting.popleft()
            self._size -= len(frame)
            figures.frames += 1
            try:
                await self._send(frame)
            except Exception as error:  # noqa: BLE001 - a server's own classes: whatever it is, the socket is gone
                logger.debug("a frame was not sent (%s)", type(error).__name__)
                self.close()
        self._sender = None
