"""Notices: what a person's open pages learn, in this process and in all others.

A notice is for every socket of a person, or only for those that follow one conversation. It passes the channel layer
once, to the group of all processes, whatever the number of sockets; each process picks out the sockets that it has.
With one process alone it passes none.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from typing import Any, Protocol
from uuid import UUID

import msgspec
from channels.layers import BaseChannelLayer

from conversations.services.listener import PROCESSES

logger = logging.getLogger(__name__)

_PATIENCE = 5.0
"""Seconds for one notice on its way to other processes: a layer that hangs holds nothing up for longer."""


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
    `signed_out` which of them are to end."""

    frame: dict[str, Any] | None
    follow: str | None = None
    watch: Watch | None = None
    signed_out: SignedOut | None = None


class Sink(Protocol):
    """A socket. `notice` must not block."""

    def notice(self, notice: Notice) -> None: ...


class Notices:
    """The sockets of this process by person, and the way to those of the others."""

    def __init__(self, *, origin: str, layer: BaseChannelLayer | None) -> None:
        """`origin`: this process's channel. Without a `layer` there is no other process."""
        self._origin = origin
        self._layer = layer
        self._sinks: dict[UUID, set[Sink]] = {}

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
        """Hand notices to all sockets of a person. A channel layer that is away costs other processes the notice:
        their pages catch up when they open the conversation again."""
        self._deliver(user_id, notices)
        if self._layer is None:
            return
        body = msgspec.json.encode(notices)
        message = {"type": "notice", "origin": self._origin, "user": str(user_id), "body": body}
        try:
            async with asyncio.timeout(_PATIENCE):
                await self._layer.group_send(PROCESSES, message)
        except Exception as error:  # noqa: BLE001 - each layer has its own errors; none may end an answer
            logger.warning("a notice did not reach other processes (%s)", type(error).__name__)

    def received(self, message: dict[str, Any]) -> None:
        """A notice came over the channel layer."""
        user_id = UUID(message["user"])
        if message["origin"] != self._origin and user_id in self._sinks:
            self._deliver(user_id, msgspec.json.decode(message["body"], type=tuple[Notice, ...]))

    def _deliver(self, user_id: UUID, notices: tuple[Notice, ...]) -> None:
        for sink in tuple(self._sinks.get(user_id, ())):
            for notice in notices:
                sink.notice(notice)
