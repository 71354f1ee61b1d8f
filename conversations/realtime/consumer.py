"""The websocket of one tab: commands in, frames out.

The consumer is thin: it decodes, calls one service and forwards. Frames of running answers come straight from the
engine (or the relay) into the socket's outbox; the channel layer is not involved, since it costs hundreds of
microseconds a message.
"""

from __future__ import annotations

import asyncio
import contextvars
import logging
import time
from collections.abc import Coroutine
from typing import Any
from uuid import UUID

from channels.generic.websocket import AsyncWebsocketConsumer
from django.db import Error as DatabaseError
from django.db import InterfaceError, OperationalError

from chatsite import database, short_way
from conversations.generation import frames
from conversations.realtime import commands
from conversations.realtime.commands import BadCommand, Command
from conversations.realtime.outbox import Outbox
from conversations.services import conversations, process, replies, sign_ins
from conversations.services.access import Refused
from conversations.services.notices import Notice
from conversations.services.opening import Opening, opening

logger = logging.getLogger(__name__)

SIGNED_OUT = 4401
RESTARTS = 1012
TRY_AGAIN = 1013
_MOST_AT_ONCE = 32
"""Commands of one socket in work at the same time; a page needs a handful."""
_TRY_AGAIN_AFTER = 2
"""Seconds between two tries while the database is away."""
DATABASE_AWAY = (OperationalError, InterfaceError)
_LOOK_EVERY = 60.0
"""Seconds between two looks at the database whether the sign-in still holds, made when something comes in."""


class ChatConsumer(AsyncWebsocketConsumer):
    """One socket. Follows at most one conversation."""

    # No channel of its own: notices come through the process's listener, and the layer's dispatch would cost a task.
    channel_layer_alias = "none"

    async def connect(self) -> None:
        """Accept signed-in people. Others are told by the close code, which needs an accepted socket."""
        user = self.scope.get("user")
        await self.accept()
        if user is None or not user.is_authenticated:
            await self.close(SIGNED_OUT)
            return
        current = await process.current()
        if current.closing:
            await self.close(RESTARTS)
            return
        self.user_id: UUID = user.pk
        self.following: UUID | None = None
        self.watched: set[UUID] = set()
        self.tasks: set[asyncio.Task[None]] = set()
        self.sign_in = sign_ins.of_session(user.pk, self.scope["session"])
        self.looked = time.monotonic()
        self.looking = asyncio.Lock()
        self.gone = False
        self.outbox = self._outbox()
        self.process = current
        self.process.notices.subscribe(self.user_id, self)
        self._send_frame({"type": "hello", "process": self.process.channel, "user": user.email})

    async def disconnect(self, code: int) -> None:
        """Leave everything. Generations go on: they do not belong to the socket."""
        if hasattr(self, "process"):
            self._leave()

    def _leave(self) -> None:
        self.gone = True
        self._unfollow()
        self.outbox.close()
        self.process.notices.unsubscribe(self.user_id, self)

    def _outbox(self) -> Outbox:
        """On our own server the short way to the socket, on any other the one that ASGI prescribes."""
        socket = short_way.of_scope(self.scope)
        if socket is None:
            return Outbox(self.send_text, too_slow=self._give_up)
        return Outbox(socket.send_text, send_now=socket.send_now, too_slow=self._give_up)

    async def send_text(self, text: bytes) -> None:
        """One text frame, straight to the server."""
        await self.base_send({"type": "websocket.send", "text": text.decode()})  # type: ignore[arg-type]

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """Decode a command and work on it in a task: a slow one must not hold up a stop behind it."""
        if not hasattr(self, "process") or self.gone or self.process.closing:
            # What is not answered is sent again over the page's next connection.
            return
        try:
            command = commands.decode(text_data or "")
        except BadCommand as mistake:
            self._send_error(mistake.id, "bad_command", str(mistake))
            return
        if isinstance(command, commands.Ping):
            self._send_frame({"type": "pong"})
            self._spawn(self._look())
        elif len(self.tasks) >= _MOST_AT_ONCE:
            command_id = getattr(command, "id", None)
            self._send_error(_text(command_id), "too_many", "Too many commands at once. Try again.", retry_after=1)
        else:
            self._spawn(self._work(command))

    # --- commands -------------------------------------------------------------------------------------------------

    async def _work(self, command: Command) -> None:
        command_id = _text(getattr(command, "id", None))
        try:
            if await self._is_signed_in():
                await self._do(command)
        except Refused as refused:
            self._send_error(command_id, refused.code, refused.message)
        except DATABASE_AWAY as error:
            logger.warning("a %s command waits for the database (%s)", type(command).__name__, type(error).__name__)
            text = "The server cannot reach its database at the moment. Nothing is lost; this is tried again by itself."
            self._send_error(command_id, "unavailable", text, retry_after=_TRY_AGAIN_AFTER)
        except Exception:  # the outermost edge of a command: the page must hear of it
            logger.exception("a %s command failed", type(command).__name__)
            self._send_error(
                command_id,
                "server_fault",
                "Something went wrong on the server. What you wrote was kept; try again in a moment.",
            )

    async def _is_signed_in(self) -> bool:
        """Whether commands may still be done; looked up at most once in `_LOOK_EVERY` seconds."""
        async with self.looking:
            if not self.gone and time.monotonic() - self.looked >= _LOOK_EVERY:
                if not await database.run(sign_ins.holds, self.sign_in):
                    self._sign_out()
                self.looked = time.monotonic()
        return not self.gone

    async def _look(self) -> None:
        try:
            await self._is_signed_in()
        except DatabaseError as error:
            logger.warning("a sign-in could not be looked up (%s)", type(error).__name__)

    def _sign_out(self) -> None:
        """End the socket: whoever sits there has to sign in again."""
        if not self.gone:
            self._leave()
            self._spawn(self.close(SIGNED_OUT))

    async def _do(self, command: Command) -> None:
        match command:
            case commands.Open():
                await self._open(command)
            case commands.Close():
                self._unfollow()
            case commands.Send():
                await self._send_message(command)
            case commands.Regenerate():
                await self._regenerate(command)
            case commands.Stop():
                await self._stop(command)
            case commands.Rename():
                await self._rename(command)
            case commands.Delete():
                await self.process.delete(self.user_id, command.conversation)
                self._ack(command.id, command.conversation)

    async def _send_message(self, command: commands.Send) -> None:
        reply = await database.run(
            replies.send,
            user_id=self.user_id,
            command=command.id,
            owner=self.process.channel,
            conversation_id=command.conversation,
            parent_id=command.parent,
            text=command.text,
            model=command.model,
            thinking=command.thinking,
            attachments=command.attachments,
        )
        await self._begin(command.id, reply)

    async def _regenerate(self, command: commands.Regenerate) -> None:
        reply = await database.run(
            replies.regenerate,
            user_id=self.user_id,
            command=command.id,
            owner=self.process.channel,
            message_id=command.message,
            model=command.model,
            thinking=command.thinking,
        )
        await self._begin(command.id, reply)

    async def _begin(self, command_id: UUID, reply: replies.Reply) -> None:
        """Acknowledge, then start: the page knows the ids before the first row or frame that names them."""
        if self.following != reply.conversation_id:
            self._unfollow()
            self.following = reply.conversation_id
        self._ack(command_id, reply.conversation_id, reply.message_id, reply.answer_id)
        await self.process.begin(self.user_id, reply)

    async def _stop(self, command: commands.Stop) -> None:
        """Nobody would send it again: it waits for a database that is away."""
        while not self.gone:
            try:
                await self.process.stop(self.user_id, command.message)
                return
            except DATABASE_AWAY as error:
                logger.warning("a stop waits for the database (%s)", type(error).__name__)
            await asyncio.sleep(_TRY_AGAIN_AFTER)

    async def _rename(self, command: commands.Rename) -> None:
        row = await database.run(conversations.rename, self.user_id, command.conversation, command.title)
        self._ack(command.id, command.conversation)
        await self.process.notices.publish(self.user_id, Notice({"type": "conversation.changed", "conversation": row}))

    async def _open(self, command: commands.Open) -> None:
        """Follow first, read then: what happens between the two comes as a notice, and twice does no harm."""
        self._unfollow()
        self.following = command.conversation
        try:
            found = await self._read(command)
        except Refused:
            if self.following == command.conversation:
                self.following = None
            raise
        if found is not None and self.following == command.conversation:
            await self._show(found, command.seen)

    async def _read(self, command: commands.Open) -> Opening | None:
        """What the page needs. A database that is away is waited for, as long as the page wants it: it would not ask
        again."""
        while not self.gone and self.following == command.conversation:
            try:
                return await database.run(
                    opening, self.user_id, command.conversation, newest=command.newest, seen=frozenset(command.seen)
                )
            except DATABASE_AWAY as error:
                logger.warning("a page waits for the database (%s)", type(error).__name__)
            await asyncio.sleep(_TRY_AGAIN_AFTER)
        return None

    async def _show(self, found: Opening, seen: dict[UUID, tuple[int, int]]) -> None:
        self._send_frame({"type": "conversation.changed", "conversation": found.conversation})
        for row in found.created:
            self._send_frame({"type": "message.created", "message": row})
        for finished in found.finished:
            self._send_frame(finished)
        for message_id, owner in found.running:
            await self._watch(message_id, owner, seen.get(message_id))

    # --- following ------------------------------------------------------------------------------------------------

    def notice(self, notice: Notice) -> None:
        """Something happened to this person or to the conversations (called by the process's notices)."""
        if notice.signed_out is not None and self.sign_in.ends_with(notice.signed_out):
            self._sign_out()
            return
        if notice.stale:
            if self.following is not None:
                self._send_frame({"type": "conversation.stale", "conversation": str(self.following)})
            return
        if notice.follow is not None and notice.follow != str(self.following):
            return
        if notice.frame is not None:
            self._send_frame(notice.frame)
            if notice.frame["type"] == "generation.finished":
                self._unwatch(UUID(notice.frame["message"]))
        if notice.watch is not None:
            watch = notice.watch
            # An attempt's beginning is known to all (a first one is empty); a later one replaces what is shown.
            seen = (1, 0) if watch.attempt == 1 else None
            self._spawn(self._watch(UUID(watch.message), watch.owner, seen))

    async def _watch(self, message_id: UUID, owner: str, seen: tuple[int, int] | None) -> None:
        if self.gone:
            # The socket closed while the answer was looked for; nobody would ever leave it again.
            return
        self.watched.add(message_id)
        await self.process.follow(owner, message_id, self.outbox, seen)

    def _unwatch(self, message_id: UUID) -> None:
        self.watched.discard(message_id)
        self.process.leave(message_id, self.outbox)

    def _unfollow(self) -> None:
        self.following = None
        for message_id in tuple(self.watched):
            self._unwatch(message_id)

    # --- frames ---------------------------------------------------------------------------------------------------

    def _ack(
        self, command_id: UUID, conversation: UUID, message: UUID | None = None, answer: UUID | None = None
    ) -> None:
        self._send_frame(
            {
                "type": "ack",
                "id": str(command_id),
                "conversation": str(conversation),
                "message": _text(message),
                "answer": _text(answer),
            }
        )

    def _send_error(self, command_id: str | None, code: str, message: str, *, retry_after: int | None = None) -> None:
        self._send_frame(
            {"type": "error", "id": command_id, "code": code, "message": message, "retry_after": retry_after}
        )

    def _send_frame(self, frame: dict[str, Any]) -> None:
        self.outbox.receive(frames.encode(frame))

    def _give_up(self) -> None:
        """The reader is too far behind. Its page reconnects and gets a snapshot."""
        self._unfollow()
        self._spawn(self.close(TRY_AGAIN))

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work, context=contextvars.Context())
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)


def _text(value: object) -> str | None:
    return None if value is None else str(value)
