"""How one process hears the others: its channel, and its membership in the group of all processes."""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Awaitable, Callable
from typing import Any

import redis.exceptions
from channels.layers import BaseChannelLayer
from cryptography.fernet import InvalidToken

logger = logging.getLogger(__name__)

PROCESSES = "processes"
"""The group of all processes of an installation."""

_HEARTBEAT = 5.0
"""Seconds between two entries in the group. Redis may forget everything at any time: after so long notices arrive
again. Far below the layer's `group_expiry`, after which processes that died are dropped."""

_PAUSE = 1.0
"""Seconds before a layer that failed is asked again."""

_PATIENCE = 5.0
"""Seconds for one entry in the group."""

# An idle receive may end by a timeout of the connection, depending on its settings: that is no failure.
_IDLE = (TimeoutError, redis.exceptions.TimeoutError)


class Listener:
    """Takes what other processes send to this one. Use from one event loop."""

    def __init__(
        self,
        *,
        channel: str,
        layer: BaseChannelLayer,
        take: Callable[[dict[str, Any]], None],
        returned: Callable[[], None],
    ) -> None:
        """`take` gets every message of the other processes, `returned` is called when the layer answers again after
        something may have been lost; neither may block."""
        self._channel = channel
        self._layer = layer
        self._take = take
        self._returned = returned
        self._probes: dict[str, asyncio.Future[None]] = {}
        self._listening = False
        self._answers = True

    async def listen(self) -> None:
        """Take messages until cancelled. An outage of the layer is survived: it is asked until it is back."""
        self._listening = True
        task = asyncio.current_task()
        try:
            while True:
                message = await self._receive()
                if message is not None:
                    self._sort(message)
                if task is not None and task.cancelling():
                    # The layer's own error took the place of the cancellation.
                    raise asyncio.CancelledError
        finally:
            self._listening = False

    async def keep_joined(self, beat: Callable[[], Awaitable[None]]) -> None:
        """Enter the group of all processes again and again, until cancelled; `beat` is awaited each time."""
        while True:
            await self._join()
            await beat()
            await asyncio.sleep(_HEARTBEAT if self._answers else _PAUSE)

    def doubt(self) -> None:
        """A message of this process got lost: once the layer answers, what depends on it is done again."""
        self._answers = False

    async def leave(self) -> None:
        """Hear no more notices. A layer that is away forgets this process by itself."""
        try:
            async with asyncio.timeout(_PATIENCE):
                await self._layer.group_discard(PROCESSES, self._channel)
        except Exception as error:  # noqa: BLE001 - each layer has its own errors
            logger.debug("the group was not left (%s)", type(error).__name__)

    async def probe(self) -> None:
        """Send a message to this process and return once the listener has it: the way that frames and notices take.

        Raises RuntimeError when the listener is down, and what the layer raises; waits for ever when nothing comes.
        """
        if not self._listening:
            raise RuntimeError("the listener is down")
        mark = secrets.token_hex(8)
        self._probes[mark] = asyncio.get_running_loop().create_future()
        try:
            await self._layer.send(self._channel, {"type": "probe", "mark": mark})
            await self._probes[mark]
        finally:
            del self._probes[mark]

    async def _receive(self) -> dict[str, Any] | None:
        try:
            message: dict[str, Any] = await self._layer.receive(self._channel)
        except _IDLE:
            return None
        except InvalidToken:
            logger.warning("a message came that this process cannot read: another one has another SECRET_KEY")
            return None
        except Exception as error:  # noqa: BLE001 - each layer has its own errors, and the listener must not end
            if self._answers:
                logger.warning("the channel layer does not answer (%s)", type(error).__name__)
            self._answers = False
            await asyncio.sleep(_PAUSE)
            await self._join()
            return None
        return message

    async def _join(self) -> None:
        try:
            async with asyncio.timeout(_PATIENCE):
                await self._layer.group_add(PROCESSES, self._channel)
        except Exception as error:  # noqa: BLE001 - each layer has its own errors
            if self._answers:
                logger.warning("the channel layer does not answer (%s)", type(error).__name__)
            self._answers = False
            return
        if not self._answers:
            self._answers = True
            logger.warning("the channel layer answers again")
            self._returned()

    def _sort(self, message: dict[str, Any]) -> None:
        if message.get("type") == "probe":
            probe = self._probes.get(message["mark"])
            if probe is not None and not probe.done():
                probe.set_result(None)
            return
        try:
            self._take(message)
        except Exception:  # a message that we cannot handle must not cost the next one
            logger.exception("a %s message of another process failed here", message.get("type"))
