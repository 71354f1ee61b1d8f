"""A page in a browser: it connects again by itself, opens what it shows, heals gaps, and sends every command until it
is answered. The rules of `static/js`, without anything to look at.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import httpx
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException
from websockets.typing import Origin

from tests.chaos.truth import Question
from tests.live.server import LiveServer
from tests.shown import Shown

_FIRST_DELAY, _LONGEST_DELAY = 0.2, 2.0
_HEAL_EVERY = 1.0
_PROMISE = 0.6
_PING_AFTER = 5.0
_PONG_WITHIN = 3.0
_TROUBLE = (OSError, WebSocketException, TimeoutError, httpx.HTTPError, EOFError)


@dataclass
class Node:
    """One message of the conversation as the page has it."""

    parent: str | None
    role: str
    shown: Shown


@dataclass
class _Command:
    fields: dict[str, Any]
    acknowledged: asyncio.Future[dict[str, Any]] = field(
        default_factory=lambda: asyncio.get_running_loop().create_future()
    )


class Page:
    """One tab. It follows one conversation at any of `servers`, as a balancer without sticky sessions would have it."""

    def __init__(self, name: str, servers: Sequence[LiveServer], cookies: str, chance: random.Random) -> None:
        self.name = name
        self.conversation: str | None = None
        self.messages: dict[str, Node] = {}
        self.stopping: set[str] = set()
        self.complaints: list[str] = []
        self._servers = servers
        self._cookies = cookies
        self._chance = chance
        self._socket: ClientConnection | None = None
        self._unanswered: dict[str, _Command] = {}
        self._reads = asyncio.Event()
        self._reads.set()
        self._healing: asyncio.Task[None] | None = None
        self._healed_at = 0.0
        self._has_to_load = False
        self._tasks: set[asyncio.Task[None]] = set()

    # --- what the person does -------------------------------------------------------------------------------------

    async def ask(self, question: Question) -> dict[str, Any]:
        """Send a question below the last message. Returns its acknowledgement, however long it takes."""
        fields = {"conversation": self.conversation, "parent": self.newest, "text": question.text}
        choice = {"model": "deepseek-flash", "thinking": question.thinking}
        command = _Command({"type": "message.send", "id": str(uuid4()), **fields, **choice})
        self._unanswered[command.fields["id"]] = command
        await self._write(command.fields)
        if self._chance.random() < 0.3:
            await self._write(command.fields)
        return await command.acknowledged

    async def stop(self, answer: str) -> None:
        self.stopping.add(answer)
        await self._write({"type": "generation.stop", "message": answer})

    def open(self, conversation: str) -> None:
        """Show a conversation that another page began."""
        self.conversation = conversation
        self.reload()

    def reload(self) -> None:
        """Forget everything and load the page anew. What waits for an answer is not given up."""
        if not self._unanswered:
            self._has_to_load = self.conversation is not None
            self.messages.clear()
        self.cut()

    def cut(self) -> None:
        """Lose the connection, and not the state."""
        if self._socket is not None:
            self._socket.transport.abort()

    async def sleep(self, seconds: float) -> None:
        """Read nothing for a while."""
        self._reads.clear()
        await asyncio.sleep(seconds)
        self._reads.set()

    # --- what it shows --------------------------------------------------------------------------------------------

    @property
    def newest(self) -> str | None:
        return max(self.messages, default=None)

    @property
    def is_busy(self) -> bool:
        """Whether something is on its way or being written."""
        return bool(self._unanswered) or any(node.shown.is_unfinished for node in self.messages.values())

    def answer_to(self, question: Question) -> Shown | None:
        """The answer as it is shown; None as long as its row is not there."""
        node = self.messages.get(question.answer or "")
        return node.shown if node is not None else None

    def asked(self, text: str) -> int:
        """How often a question stands in the conversation."""
        return sum(node.role == "user" and node.shown.text == text for node in self.messages.values())

    # --- the connection -------------------------------------------------------------------------------------------

    async def live(self) -> None:
        """Stay connected until cancelled."""
        failures = 0
        try:
            while True:
                began = time.monotonic()
                with contextlib.suppress(*_TROUBLE):
                    await self._connection()
                failures = 0 if time.monotonic() - began > 1 else failures + 1
                await asyncio.sleep(min(_LONGEST_DELAY, _FIRST_DELAY * 2**failures) * self._chance.uniform(0.5, 1))
        finally:
            for task in tuple(self._tasks):
                task.cancel()

    async def _connection(self) -> None:
        """One connection, from its beginning to its end."""
        server = self._chance.choice(self._servers)
        if self._has_to_load:
            await self._load(server)
            self._has_to_load = False
        async with connect(
            f"ws://127.0.0.1:{server.port}/ws/",
            additional_headers={"Cookie": self._cookies},
            origin=Origin(server.url),
            max_size=None,
            max_queue=4,
            compression=None,
            open_timeout=_PONG_WITHIN,
            close_timeout=0.2,
            ping_interval=None,
        ) as socket:
            try:
                async with asyncio.timeout(_PONG_WITHIN):
                    await self._expect_hello(socket)
                self._socket = socket
                await self._greet()
                await self._read(socket)
            finally:
                self._socket = None

    async def _load(self, server: LiveServer) -> None:
        headers = {"Cookie": self._cookies}
        async with httpx.AsyncClient(base_url=server.url, headers=headers, timeout=_PONG_WITHIN) as client:
            answer = await client.get(f"/c/{self.conversation}/messages/")
        answer.raise_for_status()
        for row in answer.json()["messages"]:
            self._add(row)

    async def _expect_hello(self, socket: ClientConnection) -> None:
        frame = json.loads(await socket.recv())
        assert frame["type"] == "hello", frame

    async def _greet(self) -> None:
        await self._follow()
        for command in tuple(self._unanswered.values()):
            await self._write(command.fields)

    async def _read(self, socket: ClientConnection) -> None:
        while True:
            await self._reads.wait()
            # Not `wait_for`: up to Python 3.11 it swallows a cancellation now and then, and the page would live on.
            try:
                async with asyncio.timeout(_PING_AFTER):
                    raw = await socket.recv()
            except TimeoutError:
                await self._write({"type": "ping"})
                async with asyncio.timeout(_PONG_WITHIN):
                    raw = await socket.recv()
            await self._receive(json.loads(raw))

    async def _write(self, fields: dict[str, Any]) -> None:
        if self._socket is not None:
            with contextlib.suppress(*_TROUBLE):
                async with asyncio.timeout(_PONG_WITHIN):
                    await self._socket.send(json.dumps(fields))

    # --- frames ---------------------------------------------------------------------------------------------------

    async def _receive(self, frame: dict[str, Any]) -> None:
        kind = frame["type"]
        if kind in ("generation.delta", "generation.snapshot", "generation.finished"):
            self._fold(frame)
        elif kind == "message.created":
            if frame["message"]["conversation"] == self.conversation:
                self._add(frame["message"])
        elif kind == "conversation.stale":
            self.heal()
        elif kind == "ack":
            self._acknowledged(frame)
        elif kind == "error":
            self._refused(frame)

    def _fold(self, frame: dict[str, Any]) -> None:
        node = self.messages.get(frame["message"])
        if node is None:
            return self.heal()
        had_gap = node.shown.gap
        node.shown.fold(frame)
        if node.shown.gap and not had_gap:
            self.heal()
        if not node.shown.is_unfinished:
            self.stopping.discard(frame["message"])
        return None

    def _add(self, row: dict[str, Any]) -> None:
        known = self.messages.get(row["id"])
        if known is None:
            self.messages[row["id"]] = Node(row["parent"], row["role"], Shown.of(row))
        else:
            known.shown.merge(row)

    def _acknowledged(self, frame: dict[str, Any]) -> None:
        command = self._unanswered.pop(frame["id"], None)
        if command is None:
            return
        self.conversation = frame["conversation"]
        text = Shown(status=None, text=command.fields["text"])
        self.messages.setdefault(frame["message"], Node(command.fields["parent"], "user", text))
        if frame["answer"] not in self.messages:
            self._spawn(self._expect(frame["answer"]))
        command.acknowledged.set_result(frame)

    async def _expect(self, answer: str) -> None:
        await asyncio.sleep(_PROMISE)
        if answer not in self.messages:
            self.heal()

    def _refused(self, frame: dict[str, Any]) -> None:
        self.complaints.append(f"{frame['code']} ({'a command' if frame['id'] else 'a signal'})")
        command = self._unanswered.get(frame["id"] or "")
        if command is not None and frame["retry_after"] is not None:
            self._spawn(self._again(command, frame["retry_after"]))
        elif command is not None:
            del self._unanswered[frame["id"]]
            command.acknowledged.set_exception(AssertionError(f"{self.name}: {frame}"))

    async def _again(self, command: _Command, after: float) -> None:
        await asyncio.sleep(after)
        if command.fields["id"] in self._unanswered:
            await self._write(command.fields)

    def heal(self) -> None:
        """Something is missing: follow again, soon, but not for each frame that shows it."""
        if self._healing is None or self._healing.done():
            self._healing = self._spawn(self._heal_soon())

    async def _heal_soon(self) -> None:
        await asyncio.sleep(max(0.0, self._healed_at + _HEAL_EVERY - time.monotonic()))
        self._healed_at = time.monotonic()
        await self._follow()

    async def _follow(self) -> None:
        if self.conversation is None:
            return
        unfinished = {key: node.shown for key, node in self.messages.items() if node.shown.is_unfinished}
        seen = {key: list(shown.position) for key, shown in unfinished.items()}
        await self._write(
            {"type": "conversation.open", "conversation": self.conversation, "newest": self.newest, "seen": seen}
        )
        for answer in tuple(self.stopping):
            await self._write({"type": "generation.stop", "message": answer})

    def _spawn(self, work: Any) -> asyncio.Task[None]:
        task: asyncio.Task[None] = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task
