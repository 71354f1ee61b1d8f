"""A browser tab as the socket sees it: sends commands, folds frames into the text that a person would read."""

from __future__ import annotations

import asyncio
import json
import time
from typing import Any
from uuid import uuid4

from asgiref.sync import sync_to_async
from channels.testing import WebsocketCommunicator
from django.conf import settings
from django.test import Client

from chatsite.accounts.models import User
from chatsite.asgi import application
from tests.shown import Shown

PATIENCE = 30.0


class Tab:
    """Collects every frame. `texts` and `reasonings` are what is shown for each answer."""

    def __init__(self, cookie: str, *, origin: str = "http://testserver") -> None:
        self.communicator = WebsocketCommunicator(
            application,
            "/ws/",
            headers=[
                (b"cookie", f"{settings.SESSION_COOKIE_NAME}={cookie}".encode()),
                (b"origin", origin.encode()),
                (b"host", b"testserver"),
            ],
        )
        self.frames: list[dict[str, Any]] = []
        self.shown: dict[str, Shown] = {}

    @property
    def texts(self) -> dict[str, str]:
        return {message: shown.text for message, shown in self.shown.items()}

    @property
    def reasonings(self) -> dict[str, str]:
        return {message: shown.reasoning for message, shown in self.shown.items()}

    @property
    def seqs(self) -> dict[str, int]:
        return {message: shown.seq for message, shown in self.shown.items()}

    async def connect(self) -> bool:
        connected, _ = await self.communicator.connect(timeout=PATIENCE)
        return bool(connected)

    async def close(self) -> None:
        await self.communicator.disconnect(timeout=PATIENCE)

    async def say(self, type_: str, **fields: Any) -> None:
        await self.communicator.send_to(text_data=json.dumps({"type": type_, **fields}))

    async def send(self, text: str, *, conversation: str | None = None, parent: str | None = None, **more: Any) -> str:
        """Send a message; returns the command's id."""
        command = str(uuid4())
        fields = {"conversation": conversation, "parent": parent, "text": text, "model": "deepseek-flash"}
        await self.say("message.send", **({"id": command, **fields, "thinking": "off"} | more))
        return command

    async def ask(self, text: str, **more: Any) -> dict[str, Any]:
        """Send a message and wait for its acknowledgement."""
        command = await self.send(text, **more)
        return await self.frame("ack", id=command)

    async def frame(self, type_: str, **fields: Any) -> dict[str, Any]:
        """The next frame of that type with those fields; those before it are collected."""
        deadline = time.monotonic() + PATIENCE
        while True:
            frame = await self._next(deadline - time.monotonic())
            if frame["type"] == type_ and all(frame.get(name) == value for name, value in fields.items()):
                return frame

    async def finished(self, message: str) -> dict[str, Any]:
        return await self.frame("generation.finished", message=message)

    async def silent(self, seconds: float = 0.2) -> bool:
        """Whether nothing comes for that long."""
        return bool(await self.communicator.receive_nothing(timeout=seconds))

    def seen(self, type_: str) -> list[dict[str, Any]]:
        return [frame for frame in self.frames if frame["type"] == type_]

    async def _next(self, patience: float) -> dict[str, Any]:
        raw = str(await asyncio.wait_for(self.communicator.receive_from(timeout=patience), patience))
        assert len(raw.encode()) % 32 == 0
        frame: dict[str, Any] = json.loads(raw)
        self.frames.append(frame)
        self._fold(frame)
        return frame

    def _fold(self, frame: dict[str, Any]) -> None:
        if frame["type"] in ("generation.snapshot", "generation.delta"):
            shown = self.shown.setdefault(frame["message"], Shown())
            took = shown.fold(frame)
            assert took or frame["type"] == "generation.snapshot", "a double"
            assert not shown.gap, "a gap"


@sync_to_async
def cookie_of(user: User) -> str:
    """The session cookie of a person who has just signed in."""
    client = Client()
    client.force_login(user)
    return client.cookies[settings.SESSION_COOKIE_NAME].value
