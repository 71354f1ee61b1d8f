"""Notices: what a person's open pages learn, in this process and in all others.

A notice is for every socket of a person, or only for those that follow one conversation. It passes the channel layer
once, to the group of all processes, whatever the number of sockets; each process picks out the sockets that it has.
With one process alone it passes none. While a message is on its way, what is published meanwhile gathers for the next
one: a hundred answers that end at once are a few messages. These are numbered, so that others notice when one got lost;
then the pages of their sockets are asked to open what they show again.
"""

from __future__ import annotations

import asyncio
import contextvars
import logging
import time
from dataclasses import dataclass
from typing import Any, Protocol
from uuid import UUID

import msgspec
from channels.layers import BaseChannelLayer

from conversations.generation.parcels import parcels
from conversations.services.listener import PROCESSES
from conversations.services.tally import Tally

logger = logging.getLogger(__name__)

_PATIENCE = 5.0
"""Seconds for one message on its way to other processes: a layer that hangs holds nothing up for longer."""


@dataclass(frozen=True, slots=True)
class Watch:
    """A generation that followers are to watch from now on, and the process channel of its owner."""

    message: str
    attempt: int
    owner: str


@dataclass(frozen=True, slots=True)
class SignedOut:
    """Sockets of a person are to end: those of the sign-in `only`, or all but those of the sign-in `kept`."""

    only: str | None = None
    kept: str | None = None


@dataclass(frozen=True, slots=True)
class Notice:
    """`frame` is what the browser gets (`docs/protocol.md`), if anything; `follow` names the conversation whose
    followers get it, None means every socket of the person; `watch` tells sockets whose frames to ask for;
    `signed_out` which of them are to end; `stale`: something may have been lost on its way to this process."""

    frame: dict[str, Any] | None
    follow: str | None = None
    watch: Watch | None = None
    signed_out: SignedOut | None = None
    stale: bool = False


_decoder = msgspec.json.Decoder(tuple[Notice, ...])


class Sink(Protocol):
    """A socket. `notice` must not block."""

    def notice(self, *notices: Notice) -> None: ...


class Notices:
    """The sockets of this process by person, and the way to those of the others."""

    def __init__(self, *, origin: str, layer: BaseChannelLayer | None) -> None:
        """`origin`: this process's channel. Without a `layer` there is no other process."""
        self._origin = origin
        self._layer = layer
        self._sinks: dict[UUID, set[Sink]] = {}
        self._waiting: list[tuple[str, bytes]] = []
        self._departure: asyncio.Future[None] | None = None  # of what waits
        self._sender: asyncio.Task[None] | None = None
        self._number = 0
        self._tally = Tally()

    def subscribe(self, user_id: UUID, sink: Sink) -> None:
        self._sinks.setdefault(user_id, set()).add(sink)

    def unsubscribe(self, user_id: UUID, sink: Sink) -> None:
        sinks = self._sinks.get(user_id, set())
        sinks.discard(sink)
        if not sinks:
            self._sinks.pop(user_id, None)

    @property
    def sockets(self) -> int:
        """How many are open in this process."""
        return sum(map(len, self._sinks.values()))

    async def publish(self, user_id: UUID, *notices: Notice) -> None:
        """Hand notices to all sockets of a person; when this returns, they have left for the other processes. A channel
        layer that is away costs these the notice: their pages catch up as soon as they learn of it."""
        self._deliver(user_id, notices)
        if self._layer is None:
            return
        self._waiting.append((str(user_id), msgspec.json.encode(notices)))
        self._departure = self._departure or asyncio.get_running_loop().create_future()
        departure = self._departure
        if self._sender is None or self._sender.done():
            self._sender = asyncio.create_task(self._send_waiting(), context=contextvars.Context())
        await asyncio.shield(departure)

    async def tell_number(self) -> None:
        """Tell the others the number of the last message, so that they know when they missed it."""
        await self._send({"type": "number", "number": self._number})

    async def take_leave(self, *, all_told: bool) -> None:
        """No more will come. Return once what waits has left, and the others know, if `all_told`, that there is no more
        to come: so that they do not take the silence for a death."""
        if self._layer is None:
            return
        if self._sender is not None:
            await self._sender
        if all_told:
            await self._send({"type": "number", "number": self._number, "leaves": True})

    def received(self, message: dict[str, Any]) -> None:
        """Notices, or a number, came over the channel layer."""
        origin, number = message["origin"], message["number"]
        if origin == self._origin:
            return
        if message["type"] == "number":
            self._tally.told(origin, number, time.monotonic(), leaves=message.get("leaves", False))
            return
        self._tally.came(origin, number, time.monotonic())
        for user, body in message["notices"]:
            try:
                self._hand_out(user, body)
            except Exception:  # what one notice fails by must not cost others theirs
                logger.exception("a notice of another process failed here")

    def _hand_out(self, user: str, body: bytes) -> None:
        user_id = UUID(user)
        if user_id in self._sinks:
            self._deliver(user_id, _decoder.decode(body))

    def look_for_losses(self) -> None:
        """To be called about once a second: when a notice got lost, or died with its process, everybody here may have
        missed something."""
        if self._tally.misses(time.monotonic()):
            logger.warning("notices of other processes may be lost: pages are asked to open again")
            self.missed()

    def missed(self) -> None:
        """Something may have been lost on its way to this process."""
        for user_id in tuple(self._sinks):
            self._deliver(user_id, (Notice(None, stale=True),))

    async def _send_waiting(self) -> None:
        """Nobody's task: a publisher that is cancelled takes no notice with it, neither its own nor another's."""
        while self._departure is not None:
            departure, self._departure = self._departure, None
            waiting, self._waiting = self._waiting, []
            for taken in parcels(waiting):
                self._number += 1
                if not await self._send({"type": "notice", "number": self._number, "notices": taken}):
                    # Nor the rest: this one leaves a gap, and whoever finds it asks for everything.
                    break
            departure.set_result(None)

    async def _send(self, message: dict[str, Any]) -> bool:
        assert self._layer is not None  # noqa: S101 - nobody sends without one
        try:
            async with asyncio.timeout(_PATIENCE):
                await self._layer.group_send(PROCESSES, {**message, "origin": self._origin})
        except Exception as error:  # noqa: BLE001 - each layer has its own errors; none may end an answer
            logger.warning("notices did not reach other processes (%s)", type(error).__name__)
            return False
        return True

    def _deliver(self, user_id: UUID, notices: tuple[Notice, ...]) -> None:
        for sink in tuple(self._sinks.get(user_id, ())):
            sink.notice(*notices)
