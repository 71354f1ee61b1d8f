"""The outbox of one socket: frames in the order in which they came, sent by a task of its own.

Putting a frame never blocks, so that one slow reader costs the others nothing. Sending waits while the reader is behind
(`chatsite.sockets`), and what waits is bounded.
"""

from __future__ import annotations

import asyncio
import contextvars
import logging
from collections import deque
from collections.abc import Awaitable, Callable

from conversations.generation.figures import figures

logger = logging.getLogger(__name__)

_MOST_CHARACTERS = 8 * 1024 * 1024
"""Of waiting frames. A reader that falls further behind is given up: its page reconnects and gets a snapshot."""


class Outbox:
    """Frames on their way to one socket. A `Receiver` of the engine."""

    def __init__(self, send: Callable[[str], Awaitable[None]], *, too_slow: Callable[[], None]) -> None:
        """`send` returns when the reader takes more; `too_slow` is called once, when the reader is given up, and closes
        the socket."""
        self._send = send
        self._too_slow = too_slow
        self._waiting: deque[str] = deque()
        self._characters = 0
        self._closed = False
        self._sender: asyncio.Task[None] | None = None

    def receive(self, frame: str) -> None:
        """Queue a frame (JSON text, padded), however long it is. Dropped when the socket is closed."""
        if self._closed:
            return
        if self._characters > _MOST_CHARACTERS:
            logger.warning("a reader is too slow: it is disconnected")
            figures.slow_readers += 1
            self.close()
            self._too_slow()
            return
        self._waiting.append(frame)
        self._characters += len(frame)
        if self._sender is None or self._sender.done():
            self._sender = asyncio.get_running_loop().create_task(self._drain(), context=contextvars.Context())

    def close(self) -> None:
        """The socket is gone."""
        self._closed = True
        self._waiting.clear()

    async def _drain(self) -> None:
        while self._waiting:
            frame = self._waiting.popleft()
            self._characters -= len(frame)
            figures.frames += 1
            try:
                await self._send(frame)
            except Exception as error:  # noqa: BLE001 - a server's own classes: whatever it is, the socket is gone
                logger.debug("a frame was not sent (%s)", type(error).__name__)
                self.close()
