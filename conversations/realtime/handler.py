"""What becomes of a command: one service each, an acknowledgement, a notice to the other pages."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Any
from uuid import UUID

from chatsite import database
from conversations.realtime import commands
from conversations.realtime.commands import Command
from conversations.realtime.follower import Follower
from conversations.realtime.outage import DATABASE_AWAY, TRY_AGAIN_AFTER
from conversations.services import answers, branches, conversations, replies
from conversations.services.notices import Notice
from conversations.services.process import ServerProcess

logger = logging.getLogger(__name__)


class Handler:
    """Does the commands of one person's socket."""

    def __init__(
        self,
        user_id: UUID,
        process: ServerProcess,
        follower: Follower,
        *,
        send_frame: Callable[[dict[str, Any]], None],
    ) -> None:
        self._user_id = user_id
        self._process = process
        self._follower = follower
        self._send_frame = send_frame

    async def do(self, command: Command) -> None:
        """Do a command and acknowledge it, if it has an id. Raises `Refused`."""
        match command:
            case commands.Open():
                await self._follower.open(command)
            case commands.Close():
                self._follower.leave()
            case commands.Send():
                await self._send(command)
            case commands.Edit():
                await self._edit(command)
            case commands.Regenerate():
                await self._regenerate(command)
            case commands.Continue():
                await self._continue(command)
            case commands.Stop():
                await self._stop(command)
            case commands.Select():
                await self._select(command)
            case commands.Rename():
                await self._rename(command)
            case commands.Delete():
                await self._process.delete(self._user_id, command.conversation)
                self._ack(command.id, command.conversation)

    async def _send(self, command: commands.Send) -> None:
        reply = await database.run(
            replies.send,
            user_id=self._user_id,
            command=command.id,
            owner=self._process.channel,
            conversation_id=command.conversation,
            parent_id=command.parent,
            text=command.text,
            model=command.model,
            thinking=command.thinking,
            options=command.options,
            instructions=command.instructions,
            attachments=command.attachments,
        )
        await self._begin(command.id, reply)

    async def _edit(self, command: commands.Edit) -> None:
        reply = await database.run(
            replies.edit,
            user_id=self._user_id,
            command=command.id,
            owner=self._process.channel,
            message_id=command.message,
            text=command.text,
            model=command.model,
            thinking=command.thinking,
            options=command.options,
            attachments=command.attachments,
        )
        await self._begin(command.id, reply)

    async def _regenerate(self, command: commands.Regenerate) -> None:
        reply = await database.run(
            answers.regenerate,
            user_id=self._user_id,
            command=command.id,
            owner=self._process.channel,
            message_id=command.message,
            model=command.model,
            thinking=command.thinking,
            options=command.options,
        )
        await self._begin(command.id, reply)

    async def _continue(self, command: commands.Continue) -> None:
        reply = await database.run(
            answers.resume,
            user_id=self._user_id,
            command=command.id,
            owner=self._process.channel,
            message_id=command.message,
        )
        await self._begin(command.id, reply)

    async def _begin(self, command_id: UUID, reply: replies.Reply) -> None:
        """Acknowledge, then start: the page knows the ids before the first row or frame that names them."""
        self._follower.follow(reply.conversation_id)
        self._ack(command_id, reply.conversation_id, reply.message_id, reply.answer_id)
        await self._process.begin(self._user_id, reply)

    async def _stop(self, command: commands.Stop) -> None:
        """Nobody would send it again: it waits for a database that is away."""
        while not self._follower.is_gone:
            try:
                await self._process.stop(self._user_id, command.message)
                return
            except DATABASE_AWAY as error:
                logger.warning("a stop waits for the database (%s)", type(error).__name__)
            await asyncio.sleep(TRY_AGAIN_AFTER)

    async def _select(self, command: commands.Select) -> None:
        row = await database.run(branches.select, self._user_id, command.conversation, command.leaf)
        await self._changed(command.id, command.conversation, row)

    async def _rename(self, command: commands.Rename) -> None:
        row = await database.run(conversations.rename, self._user_id, command.conversation, command.title)
        await self._changed(command.id, command.conversation, row)

    async def _changed(self, command_id: UUID, conversation: UUID, row: dict[str, Any]) -> None:
        self._ack(command_id, conversation)
        notice = Notice({"type": "conversation.changed", "conversation": row})
        await self._process.notices.publish(self._user_id, notice)

    def _ack(
        self, command_id: UUID, conversation: UUID, message: UUID | None = None, answer: UUID | None = None
    ) -> None:
        self._send_frame(
            {
                "type": "ack",
                "id": str(command_id),
                "conversation": str(conversation),
                "message": None if message is None else str(message),
                "answer": None if answer is None else str(answer),
            }
        )
