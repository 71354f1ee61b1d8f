"""What one socket follows: at most one conversation, and the answers that are being written in it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from chatsite import database
from conversations.realtime import commands
from conversations.realtime.outbox import Outbox
from conversations.services.access import Refused
from conversations.services.opening import Opening, opening
from conversations.services.process import ServerProcess


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
        self._gone = False

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
        self._gone = True
        self.leave()

    async def open(self, command: commands.Open) -> None:
        """Follow first, read then: what happens between the two comes as a notice, and twice does no harm.

        Raises `NotFound`.
        """
        self.leave()
        self.conversation = command.conversation
        try:
            found = await database.run(
                opening, self._user_id, command.conversation, newest=command.newest, seen=frozenset(command.seen)
            )
        except Refused:
            if self.conversation == command.conversation:
                self.conversation = None
            raise
        if self.conversation == command.conversation:
            await self._show(found, command.seen)

    async def _show(self, found: Opening, seen: dict[UUID, tuple[int, int]]) -> None:
        self._send_frame({"type": "conversation.changed", "conversation": found.conversation})
        for row in found.created:
            self._send_frame({"type": "message.created", "message": row})
        for finished in found.finished:
            self._send_frame(finished)
        for message_id, owner in found.running:
            await self.watch(message_id, owner, seen.get(message_id))

    async def watch(self, message_id: UUID, owner: str, seen: tuple[int, int] | None) -> None:
        """Let frames of a running answer come. `seen`: the attempt and frame that the page shows."""
        if self._gone:
            # The socket closed while the answer was looked for; nobody would ever leave it again.
            return
        self._watched.add(message_id)
        await self._process.follow(owner, message_id, self._outbox, seen)

    def unwatch(self, message_id: UUID) -> None:
        """No more frames of an answer."""
        self._watched.discard(message_id)
        self._process.leave(message_id, self._outbox)
