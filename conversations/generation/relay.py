"""The relay: frames of a generation for receivers in another process than its owner's.

The follower's process asks the owner's process channel; the owner attaches a receiver for it and sends, each frame
interval, one message with everything that this process follows. A message that the channel layer drops leaves a gap in
`seq`, which the browser heals by opening the conversation again.

A message costs both processes several round trips to Redis, whatever is in it: requests and frames are gathered.
"""

from __future__ import annotations

import asyncio
import contextvars
import logging
import weakref
from collections.abc import Coroutine
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import msgspec
from channels.layers import BaseChannelLayer

from conversations.generation.engine import Engine
from conversations.generation.parcels import parcels
from conversations.generation.run import Receiver

logger = logging.getLogger(__name__)

_PATIENCE = 5.0
"""Seconds for one message: a layer that hangs holds nothing up for longer."""

Seen = tuple[int, int] | None
"""The attempt and the `seq` that somebody shows of an answer."""

_decode_frames = msgspec.msgpack.Decoder(list[tuple[UUID, bytes]]).decode
_decode_requests = msgspec.msgpack.Decoder(list[tuple[UUID, Seen]]).decode


class Relay:
    """Both ends of the relay, for one process."""

    def __init__(self, *, channel: str, layer: BaseChannelLayer, engine: Engine) -> None:
        """`channel` is this process's."""
        self._channel = channel
        self._layer = layer
        self._engine = engine
        self._followed: dict[UUID, set[Receiver]] = {}
        self._requests: dict[str, _Requests] = {}
        self._asking: dict[str, asyncio.Task[None]] = {}
        # A run holds its remotes. When it is gone, however it ended, so are they.
        self._remotes: weakref.WeakValueDictionary[tuple[str, UUID], _Remote] = weakref.WeakValueDictionary()
        self._outbox: dict[str, list[tuple[UUID, bytes]]] = {}
        self._sending: asyncio.Task[None] | None = None
        self._order = asyncio.Lock()

    # --- the follower's side --------------------------------------------------------------------------------------

    async def follow(self, owner: str, message_id: UUID, receiver: Receiver, seen: Seen) -> bool:
        """Ask `owner` for what `receiver` lacks and for every frame from now on. False when that could not be sent."""
        self._followed.setdefault(message_id, set()).add(receiver)
        requests = self._requests.setdefault(owner, _Requests())
        requests.wanted.add((message_id, seen))
        if owner not in self._asking:
            self._asking[owner] = _spawn(self._ask(owner))
        # One that is cancelled takes no other's request with it.
        return await asyncio.shield(requests.departure)

    async def _ask(self, owner: str) -> None:
        """Send the requests that wait for an owner, and those that come meanwhile."""
        try:
            while requests := self._requests.pop(owner, None):
                sent = False
                try:
                    # Not what everybody has left again.
                    wanted = [each for each in requests.wanted if each[0] in self._followed]
                    body = msgspec.msgpack.encode(wanted)
                    message = {"type": "relay.follow", "to": self._channel, "body": body}
                    sent = not wanted or await self._send(owner, message)
                finally:
                    requests.departure.set_result(sent)
        finally:
            del self._asking[owner]

    def leave(self, message_id: UUID, receiver: Receiver) -> None:
        receivers = self._followed.get(message_id, set())
        receivers.discard(receiver)
        if not receivers:
            # The owner goes on sending until the answer ends; what nobody here follows is dropped on arrival.
            self._followed.pop(message_id, None)

    def received_frames(self, message: dict[str, Any]) -> None:
        """Frames came from an owner."""
        for message_id, frame in _decode_frames(message["body"]):
            for receiver in tuple(self._followed.get(message_id, ())):
                if not receiver.behind:
                    # Who is left out finds the gap and asks for what it lacks.
                    receiver.receive(frame)

    # --- the owner's side -----------------------------------------------------------------------------------------

    def received_follow(self, message: dict[str, Any]) -> None:
        """Another process wants frames of generations of ours. One that has ended is announced by its notice."""
        for message_id, seen in _decode_requests(message["body"]):
            key = (message["to"], message_id)
            remote = self._remotes.get(key) or self._remotes.setdefault(key, _Remote(self, *key))
            self._engine.attach(message_id, remote, seen)

    def post(self, channel: str, message_id: UUID, frame: bytes) -> None:
        """Queue a frame for another process; it leaves within the frame interval."""
        self._outbox.setdefault(channel, []).append((message_id, frame))
        if self._sending is None or self._sending.done():
            self._sending = _spawn(self._send_on())

    async def flush(self, message_id: UUID) -> None:
        """Send the frames of one answer now, and what goes along. When this returns, none of those that were posted
        before is still on its way."""
        async with self._order:
            for channel, queued in tuple(self._outbox.items()):
                if any(each == message_id for each, _ in queued):
                    await self._send_frames(channel)

    async def _send_on(self) -> None:
        """As long as frames come: at once what one turn of the loop brings, and then what an interval does."""
        while self._outbox:
            async with self._order:
                for channel in tuple(self._outbox):
                    await self._send_frames(channel)
            await asyncio.sleep(self._engine.frame_interval)

    async def _send_frames(self, channel: str) -> None:
        for queued in parcels(self._outbox.pop(channel, ())):
            await self._send(channel, {"type": "relay.frames", "body": msgspec.msgpack.encode(queued)})

    async def _send(self, channel: str, message: dict[str, Any]) -> bool:
        try:
            async with asyncio.timeout(_PATIENCE):
                await self._layer.send(channel, message)
        except Exception as error:  # noqa: BLE001 - each layer has its own errors; a lost message is healed by the browser
            logger.warning("the relay lost a message (%s)", type(error).__name__)
            return False
        return True


@dataclass
class _Requests:
    """What one owner is asked for next, and whether that could be sent."""

    wanted: set[tuple[UUID, Seen]] = field(default_factory=set)
    departure: asyncio.Future[bool] = field(default_factory=lambda: asyncio.get_running_loop().create_future())


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


def _spawn(work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
    # A fresh context: it outlives the request that brought it.
    return asyncio.get_running_loop().create_task(work, context=contextvars.Context())
