"""Several processes on one database and one channel layer, and who watches them."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from channels.layers import InMemoryChannelLayer

from chatsite import database
from chatsite.accounts.models import User
from chatsite.environment import Environment
from conversations.models import Generation
from conversations.services import opening
from conversations.services.listener import PROCESSES
from conversations.services.notices import Notice
from conversations.services.process import ServerProcess
from conversations.services.replies import Reply
from tests.asking import written
from tests.shown import Shown

LEASE = 1.0


class Installation:
    """Processes on one database and one channel layer."""

    def __init__(self, environment: Environment) -> None:
        self.environment = environment
        self.layer = InMemoryChannelLayer(capacity=1000)
        self.processes: list[ServerProcess] = []

    async def __call__(self) -> ServerProcess:
        """Start another one."""
        channel = await self.layer.new_channel("process")
        new = ServerProcess(self.environment, channel=channel, layer=self.layer)
        new.start()
        self.processes.append(new)
        async with asyncio.timeout(5):
            while channel not in self.layer.groups.get(PROCESSES, {}):
                await asyncio.sleep(0)
        return new


class Watcher:
    """A socket without a socket: takes frames and notices, and folds them into text."""

    def __init__(self) -> None:
        self.shown = Shown()
        self.kinds: list[str] = []
        self.notices: list[Notice] = []
        self.moved = asyncio.Event()
        self.finished = asyncio.Event()

    behind = False

    @property
    def text(self) -> str:
        return self.shown.text

    @property
    def position(self) -> tuple[int, int]:
        return self.shown.position

    def receive(self, encoded: bytes) -> None:
        frame: dict[str, Any] = json.loads(encoded)
        self.kinds.append(frame["type"])
        took = self.shown.fold(frame)
        assert took or frame["type"] != "generation.delta", "a double"
        assert not self.shown.gap
        self.moved.set()

    def notice(self, *notices: Notice) -> None:
        self.notices.extend(notices)
        if any(notice.frame is not None and notice.frame["type"] == "generation.finished" for notice in notices):
            self.finished.set()

    async def until(self, length: int) -> None:
        """Wait until so much text is shown."""
        async with asyncio.timeout(10):
            while len(self.text) < length:
                self.moved.clear()
                await self.moved.wait()

    async def end(self) -> dict[str, Any]:
        async with asyncio.timeout(10):
            await self.finished.wait()
        return next(n.frame for n in self.notices if n.frame and n.frame["type"] == "generation.finished")


class FailingLayer(InMemoryChannelLayer):
    """A channel layer that is away."""

    async def send(self, channel: str, message: dict[str, Any]) -> None:
        raise ConnectionError

    async def group_send(self, group: str, message: dict[str, Any]) -> None:
        raise ConnectionError

    async def receive(self, channel: str) -> dict[str, Any]:
        raise ConnectionError


class HangingLayer(InMemoryChannelLayer):
    """A channel layer that keeps the notices of `hangs` waiting, as one that is far away may do."""

    hangs = ""
    seconds = 60.0

    async def group_send(self, group: str, message: dict[str, Any]) -> None:
        if message["type"] == "notice" and message["origin"] == self.hangs:
            await asyncio.sleep(self.seconds)
        await super().group_send(group, message)


async def ask(owner: ServerProcess, user: User, text: str) -> Reply:
    reply = await written(owner, user, text)
    await owner.begin(user.pk, reply)
    return reply


async def crash(process: ServerProcess) -> None:
    """End a process as kill -9 would: nothing is written any more, no lease is given up."""
    for task in (*process.engine._tasks, *process._tasks):
        task.cancel()
    await asyncio.sleep(0)


async def stored(user: User, reply: Reply) -> str:
    page = await database.run(opening.read, user.pk, reply.conversation_id)
    return str(next(row["text"] for row in page["messages"] if row["id"] == str(reply.answer_id)))


def counted(text: str) -> list[int]:
    """The numbers of a counting answer."""
    return [int(word) for word in text.replace(".", "").replace(",", " ").split() if word.isdigit()]


async def ended(reply: Reply) -> None:
    async with asyncio.timeout(10):
        while (await Generation.objects.aget(pk=reply.answer_id)).status == "running":
            await asyncio.sleep(0.02)


async def expire(message_id: UUID) -> None:
    """As if its lease had run out."""
    past = datetime.now(UTC) - timedelta(seconds=5)
    await Generation.objects.filter(pk=message_id).aupdate(lease_until=past)
