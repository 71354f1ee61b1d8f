"""The relay: frames of a generation for receivers in another process than its owner's.

The follower's process asks the owner's process channel; the owner attaches a receiver for it and sends, each tick, one
message with everything that this process follows. A message that the channel layer drops leaves a gap in `seq`, which
the browser heals by opening the conversation again.
"""

from __future__ import annotations

import asyncio
import logging
import weakref
from typing import Any
from uuid import UUID

import msgspec
from channels.layers import BaseChannelLayer

from conversations.generation.engine import Engine
from conversations.generation.run import Receiver

logger = logging.getLogger(__name__)

_PATIENCE = 5.0
"""Seconds for one message: a layer that hangs holds nothing up for longer."""


_decoder = msgspec.msgpack.Decoder(list[tuple[UUID, bytes]])


class Relay:
    """Both ends of the relay, for one process."""

    def __init__(self, *, channel: str, layer: BaseChannelLayer, engine: Engine, tick: float) -> None:
        """`channel` is this process's; `tick` the seconds between two messages to the same process."""
        self._channel = channel
        self._layer = layer
        self._engine = engine
        self._tick = tick
        self._followed: dict[UUID, set[Receiver]] = {}
        # A run holds its remotes. When it is gone, however it ended, so are they.
        self._remotes: weakref.WeakValueDictionary[tuple[str, UUID], _Remote] = weakref.WeakValueDictionary()
        self._outbox: dict[str, list[tuple[UUID, bytes]]] = {}
        self._sending: asyncio.Task[None] | None = None
        self._order = asyncio.Lock()

    # --- the follower's side --------------------------------------------------------------------------------------

    async def follow(self, owner: str, message_id: UUID, receiver: Receiver, seen: tuple[int, int] | None) -> bool:
        """Ask `owner` for what `receiver` lacks and for every frame from now on. False when that could not be sent."""
        self._followed.setdefault(message_id, set()).add(receiver)
        request = {"type": "relay.follow", "message": str(message_id), "to": self._channel, "seen": seen}
        return await self._send(owner, request)

    def leave(self, message_id: UUID, receiver: Receiver) -> None:
        receivers = self._followed.get(message_id, set())
        receivers.discard(receiver)
        if not receivers:
            # The owner goes on sending until the answer ends; what nobody here follows is dropped on arrival.
            self._followed.pop(message_id, None)

    def received_frames(self, message: dict[str, Any]) -> None:
        """Frames came from an owner."""
        for message_id, frame in _decoder.decode(message["body"]):
            for receiver in tuple(self._followed.get(message_id, ())):
                if not receiver.behind:
                    # Who is left out finds the gap and asks for what it lacks.
                    receiver.receive(frame)

    # --- the owner's side -----------------------------------------------------------------------------------------

    def received_follow(self, message: dict[str, Any]) -> None:
        """Another process wants the frames of one of ours. A generation that has ended is announced by its notice."""
        message_id = UUID(message["message"])
        key = (message["to"], message_id)
        remote = self._remotes.get(key) or self._remotes.setdefault(key, _Remote(self, *key))
        seen = message["seen"]
        self._engine.attach(message_id, remote, tuple(seen) if seen else None)

    def post(self, channel: str, message_id: UUID, frame: bytes) -> None:
        """Queue a frame for another process; it leaves with the next tick."""
        self._outbox.setdefault(channel, []).append((message_id, frame))
        if self._sending is None or self._sending.done():
            self._sending = asyncio.get_running_loop().create_task(self._send_later())

    async def flush(self) -> None:
        """Send what is queued now. When this returns, nothing that was queued before is still on its way."""
        async with self._order:
            outbox, self._outbox = self._outbox, {}
            for channel, queued in outbox.items():
                await self._send(channel, {"type": "relay.frames", "body": msgspec.msgpack.encode(queued)})

    async def _send_later(self) -> None:
        while self._outbox:
            await asyncio.sleep(self._tick)
            await self.flush()

    async def _send(self, channel: str, message: dict[str, Any]) -> bool:
        try:
            async with asyncio.timeout(_PATIENCE):
                await self._layer.send(channel, message)
        except Exception as error:  # noqa: BLE001 - each layer has its own errors; a lost message is healed by the browser
            logger.warning("the relay lost a message (%s)", type(error).__name__)
            return False
        return True


class _Remote:
    """A process that follows one generation, as the engine's receiver."""

    __slots__ = ("__weakref__", "_channel", "_message_id", "_relay")

    def __init__(self, relay: Relay, channel: str, message_id: UUID) -> None:
        self._relay = relay
        self._channel = channel
        self._message_id = message_id

    @property
    def behind(self) -> bool:
        return False

    def receive(self, frame: bytes) -> None:
        self._relay.post(self._channel, self._message_id, frame)
