"""How these tests ask, and how they read a stream: as plainly as possible, with no code of the product."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

import httpx

from conversations.simulator import Simulator
from conversations.simulator.schema import ChatRequest
from conversations.simulator.validation import read_request

KEY = {"Authorization": "Bearer sk-test"}
QUESTION = "Please explain how lists are sorted in Python"


def body(text: str = QUESTION, **fields: Any) -> dict[str, Any]:
    """A request body with one user message unless `messages` is given."""
    return {"model": "deepseek-flash", "messages": [{"role": "user", "content": text}], **fields}


def quiet(text: str = QUESTION, **fields: Any) -> dict[str, Any]:
    """The same without thinking."""
    return body(text, thinking={"type": "disabled"}, **fields)


def decoded(fields: dict[str, Any]) -> ChatRequest:
    """The request that the simulator makes of a body."""
    return read_request(json.dumps(fields).encode(), beta=True)


@dataclass
class Streamed:
    """What a stream said, put together again."""

    raw: bytes
    events: list[dict[str, Any]] = field(default_factory=list)
    done: bool = False

    @property
    def deltas(self) -> list[dict[str, Any]]:
        return [event["choices"][0]["delta"] for event in self.events]

    @property
    def content(self) -> str:
        return "".join(delta.get("content") or "" for delta in self.deltas)

    @property
    def reasoning(self) -> str:
        return "".join(delta.get("reasoning_content") or "" for delta in self.deltas)

    @property
    def finish_reason(self) -> str | None:
        reason: str | None = self.events[-1]["choices"][0]["finish_reason"]
        return reason

    @property
    def usage(self) -> dict[str, Any]:
        usage: dict[str, Any] = self.events[-1]["usage"]
        return usage


def parsed(raw: bytes) -> Streamed:
    """Read a well-formed stream; comments are skipped."""
    streamed = Streamed(raw)
    for event in raw.split(b"\n\n"):
        if event == b"data: [DONE]":
            streamed.done = True
        elif event and not event.startswith(b":"):
            assert event.startswith(b"data: ")
            streamed.events.append(json.loads(event.removeprefix(b"data: ")))
    return streamed


def client_of(simulator: Simulator, **headers: str) -> httpx.AsyncClient:
    return httpx.AsyncClient(base_url=simulator.base_url, headers={**KEY, **headers}, trust_env=False, timeout=5)


async def stream(client: httpx.AsyncClient, fields: dict[str, Any], path: str = "/chat/completions") -> Streamed:
    """Ask for a stream and read all of it."""
    response = await client.post(path, json={**fields, "stream": True})
    assert response.status_code == 200, response.text
    return parsed(response.content)


async def until_broken(client: httpx.AsyncClient, fields: dict[str, Any]) -> tuple[bytes, httpx.HTTPError | None]:
    """The bytes that come before a stream ends, and the error it ends with."""
    received = b""
    try:
        async with client.stream("POST", "/chat/completions", json={**fields, "stream": True}) as response:
            async for data in response.aiter_raw():
                received += data
    except httpx.HTTPError as error:
        return received, error
    return received, None
