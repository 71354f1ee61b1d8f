"""Talks between the client and a scripted upstream."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

from conversations.deepseek import (
    ChatMessage,
    ChatRequest,
    ChatStream,
    DeepSeekClient,
    End,
    Event,
    RetryPolicy,
    Secret,
    TextDelta,
)
from tests.deepseek.server import (
    Script,
    ScriptedServer,
    whole,
)

KEY = "sk-0123456789abcdef"
ASK = ChatRequest("deepseek-flash", [ChatMessage("user", "Hello")])
NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
QUICK = RetryPolicy(first_delay=0.001)
BUSY = whole(503, {"error": {"message": "Service is too busy.", "type": "service_unavailable_error"}})


@asynccontextmanager
async def connected(*scripts: Script, **options: Any) -> AsyncIterator[tuple[DeepSeekClient, ScriptedServer]]:
    options.setdefault("retry", QUICK)
    async with ScriptedServer(*scripts) as server, DeepSeekClient(server.url, Secret(KEY), **options) as deepseek:
        yield deepseek, server


async def collect(stream: ChatStream) -> list[Event]:
    async with stream:
        return [event async for batch in stream for event in batch]


def end_of(events: list[Event]) -> End:
    *others, last = events
    assert isinstance(last, End)
    assert not any(isinstance(event, End) for event in others)
    return last


def text_in(events: list[Event]) -> str:
    return "".join(event.text for event in events if isinstance(event, TextDelta))


class Sleeps(list[float]):
    """A sleep that only writes down for how long."""

    async def __call__(self, seconds: float) -> None:
        self.append(seconds)


async def until(reached: Callable[[], bool]) -> None:
    """Returns once `reached()` is true, which has no event of its own."""
    async with asyncio.timeout(2):
        while not reached():
            await asyncio.sleep(0.005)


def asked_by(person: str) -> ChatRequest:
    return ChatRequest("deepseek-flash", ASK.messages, user_id=person)
