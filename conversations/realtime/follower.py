"""What one socket follows: at most one conversation, and the answers that are being written in it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Any
from uuid import UUID

from chatsite import database
from conversations.realtime import commands
from conversations.realtime.outage import DATABASE_AWAY, TRY_AGAIN_AFTER
from conversations.realtime.outbox import Outbox
from conversations.services.access import Refused
from conversations.services.opening import Opening, opening
from conversations.services.process import ServerProcess

logger = logging.getLogger(__name__)


class Follower:
    """Frames of running answers come straight from the engine (or the relay) into the outbox."""

    def __init__(
        self, user_id: UUID, process: ServerProcess, outbox: Outbox, *, send_frame: Callable[[dict[str, Any]], None]
    ) -> None:
        self.conversation: UUID | None = None
        self._user_id = user_id
        self._process = process
        self._outbox = outbox
        self._send_frame = send_frame
        self._watched: set[UUID] = set()
        self.is_gone = False

    def follow(self, conversation: UUID) -> None:
        """Follow a conversation of which the page knows everything."""
        if self.conversation != conversation:
            self.leave()
            self.conversation = conversation

    def leave(self) -> None:
        """Follow nothing."""
        self.conversation = None
        for message_id in tuple(self._watched):
            self.unwatch(message_id)

    def end(self) -> None:
        """The socket closes."""
        self.is_gone = True
        self.leave()

    async def open(self, command: commands.Open) -> None:
        """Follow first, read then: what happens between the two comes as a notice, and twice does no harm.

        Raises `NotFound`.
        """
        self.leave()
        self.conversation = command.conversation
        try:
            found = await self._read(command)
        except Refused:
            if self.conversation == command.conversation:
                self.conversation = None
            raise
        if found is not None and self.conversation == command.conversation:
            await self._show(found, command.seen)

    async def _read(self, command: commands.Open) -> Opening | None:
        """What the page needs. A database that is away is waited for, as long as the page wants it: it would not ask
        again."""
        while not self.is_gone and self.conversation == command.conversation:
            try:
                return await database.run(
                    opening, self._user_id, command.conversation, newest=command.newest, seen=frozenset(command.seen)
                )
            except DATABASE_AWAY as error:
                logger.warning("a page waits for the database (%s)", type(error).__name__)
            await asyncio.sleep(TRY_AGAIN_AFTER)
        return None

    async def _show(self, found: Opening, seen: dict[UUID, tuple[int, int]]) -> None:
        self._send_frame({"type": "conversation.changed", "conversation": found.conversation})
        for row in found.created:
            self._send_frame({"type": "message.created", "message": row})
        for finished in found.finished:
            self._send_frame(finished)
        conversation = UUID(found.conversation["id"])
        watches = (self.watch(conversation, answer, owner, seen.get(answer)) for answer, owner in found.running)
        await asyncio.gather(*watches)

    async def watch(self, conversation: UUID, message_id: UUID, owner: str, seen: tuple[int, int] | None) -> None:
        """Let frames of a running answer come. `seen`: the attempt and frame that the page shows."""
        if self.is_gone or self.conversation != conversation:
            # The page has left while the answer was looked for; nobody would ever leave it again.
            return
        self._watched.add(message_id)
        await self._process.follow(owner, message_id, self._outbox, seen)

    def unwatch(self, message_id: UUID) -> None:
        """No more frames of an answer."""
        self._watched.discard(message_id)
        self._process.leave(message_id, self._outbox)
