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

from channels.consumer import get_handler_name
from channels.generic.websocket import AsyncWebsocketConsumer
from django.db import Error as DatabaseError
from django.utils import translation
from django.utils.translation import gettext

from chatsite import database, short_way
from chatsite.accounts import language
from conversations.generation import frames
from conversations.realtime import commands
from conversations.realtime.commands import BadCommand, Command
from conversations.realtime.follower import Follower
from conversations.realtime.handler import Handler
from conversations.realtime.outage import DATABASE_AWAY, TRY_AGAIN_AFTER
from conversations.realtime.outbox import Outbox
from conversations.services import process, sign_ins
from conversations.services.access import Refused
from conversations.services.notices import Notice

logger = logging.getLogger(__name__)

SIGNED_OUT = 4401
RESTARTS = 1012
TRY_AGAIN = 1013
_MOST_AT_ONCE = 32
"""Commands of one socket in work at the same time; a page needs a handful."""
_LOOK_EVERY = 60.0
"""Seconds between two looks at the database whether the sign-in still holds, made when something comes in."""


class ChatConsumer(AsyncWebsocketConsumer):
    """One socket. Follows at most one conversation."""

    # No channel of its own: notices come through the process's listener, and the layer's dispatch would cost a task.
    channel_layer_alias = "none"

    async def dispatch(self, message: dict[str, Any]) -> None:
        """As Channels does it, but for its look at old connections of the database: a trip to a thread for each
        message, and consumers have no connections."""
        await getattr(self, get_handler_name(message))(message)

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
        self.language = language.of_scope(self.scope)
        self.tasks: set[asyncio.Task[None]] = set()
        self.sign_in = sign_ins.of_session(user.pk, self.scope["session"])
        self.looked = float("-inf")
        self.looking = asyncio.Lock()
        self.gone = False
        self.outbox = self._outbox()
        self.process = current
        self.follower = Follower(user.pk, current, self.outbox, send_frame=self._send_frame)
        self.handler = Handler(user.pk, current, self.follower, send_frame=self._send_frame)
        self.process.notices.subscribe(self.user_id, self)
        self._send_frame({"type": "hello", "process": self.process.channel, "user": user.email})
        # A sign-in that ended since the handshake read it was announced before anybody listened here.
        self._spawn(self._look())

    async def disconnect(self, code: int) -> None:
        """Leave everything. Generations go on: they do not belong to the socket."""
        if hasattr(self, "process"):
            self._leave()

    def _leave(self) -> None:
        self.gone = True
        self.follower.end()
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
            self._send_error(
                _text(command_id), "too_many", gettext("Too many commands at once. Try again."), retry_after=1
            )
        else:
            self._spawn(self._work(command))

    # --- commands -------------------------------------------------------------------------------------------------

    async def _work(self, command: Command) -> None:
        command_id = _text(getattr(command, "id", None))
        translation.activate(self.language)  # for this task, whose context is its own
        try:
            if await self._is_signed_in():
                await self.handler.do(command)
        except Refused as refused:
            self._send_error(command_id, refused.code, refused.message, field=refused.field)
        except DATABASE_AWAY as error:
            logger.warning("a %s command waits for the database (%s)", type(command).__name__, type(error).__name__)
            text = gettext(
                "The server cannot reach its database at the moment. Nothing is lost; this is tried again by itself."
            )
            self._send_error(command_id, "unavailable", text, retry_after=TRY_AGAIN_AFTER)
        except Exception:  # the outermost edge of a command: the page must hear of it
            logger.exception("a %s command failed", type(command).__name__)
            self._send_error(
                command_id,
                "server_fault",
                gettext("Something went wrong on the server. What you wrote was kept; try again in a moment."),
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

    # --- notices ---------------------------------------------------------------------------------------------------

    def notice(self, *notices: Notice) -> None:
        """Something happened to this person or to the conversations (called by the process's notices)."""
        sent = [frame for notice in notices if (frame := self._act_on(notice)) is not None]
        if sent:
            self._send_frame(*sent)

    def _act_on(self, notice: Notice) -> dict[str, Any] | None:
        """Do what a notice asks for. Returns the frame that the page is to get."""
        if notice.signed_out is not None and self.sign_in.ends_with(notice.signed_out):
            self._sign_out()
            return None
        if notice.stale:
            # Also the end of the sign-in, perhaps.
            self.looked = float("-inf")
            self._spawn(self._look())
            shown = self.follower.conversation
            return None if shown is None else {"type": "conversation.stale", "conversation": str(shown)}
        if notice.follow is not None and notice.follow != str(self.follower.conversation):
            return None
        if notice.frame is not None and notice.frame["type"] == "generation.finished":
            self.follower.unwatch(UUID(notice.frame["message"]))
        shown = self.follower.conversation
        if notice.watch is not None and shown is not None:
            watch = notice.watch
            # An attempt's beginning is known to all (a first one is empty); a later one replaces what is shown.
            seen = (1, 0) if watch.attempt == 1 else None
            self._spawn(self.follower.watch(shown, UUID(watch.message), watch.owner, seen))
        return notice.frame

    # --- frames ---------------------------------------------------------------------------------------------------

    def _send_error(
        self, command_id: str | None, code: str, message: str, *, retry_after: int | None = None, field: str = ""
    ) -> None:
        frame = {"type": "error", "id": command_id, "code": code, "message": message, "retry_after": retry_after}
        self._send_frame(frame | {"field": field} if field else frame)

    def _send_frame(self, *sent: dict[str, Any]) -> None:
        self.outbox.receive(*map(frames.encode, sent))

    def _give_up(self) -> None:
        """The reader is too far behind. Its page reconnects and gets a snapshot."""
        self.follower.leave()
        self._spawn(self.close(TRY_AGAIN))

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work, context=contextvars.Context())
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)


def _text(value: object) -> str | None:
    return None if value is None else str(value)
