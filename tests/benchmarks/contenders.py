"""Ways to read a streamed answer: ours, and what it is compared with.

A contender is an async context manager. What it gives asks a base address once, and calls `seen` with the number of
characters of each piece of text that comes back. Ours tells `ended` how it ended, too, for the log.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import httpx
from httpx_aiohttp import AiohttpTransport
from httpx_sse import aconnect_sse
from openai import AsyncOpenAI

from conversations.deepseek import ChatMessage, ChatRequest, DeepSeekClient, End, Secret, TextDelta
from tests.benchmarks.chunks import text_of

Seen = Callable[[int], None]
Ended = Callable[[str], None]
Ask = Callable[..., Awaitable[None]]
Contender = Callable[[str], AbstractAsyncContextManager[Ask]]

_KEY = "sk-bench"
_MODEL = "deepseek-flash"
_QUESTION = ChatRequest(_MODEL, [ChatMessage("user", "Hello")])
_BODY = {"model": _MODEL, "messages": [{"role": "user", "content": "Hello"}], "stream": True}


def _ignore(how: str) -> None:
    """What most are told about an end."""


@asynccontextmanager
async def ours(base_url: str) -> AsyncIterator[Ask]:
    """The client of this project, as its engine uses it."""
    async with DeepSeekClient(base_url, Secret(_KEY)) as client:

        async def ask(seen: Seen, ended: Ended = _ignore) -> None:
            async with client.stream(_QUESTION) as stream:
                async for batch in stream:
                    for event in batch:
                        if type(event) is TextDelta:
                            seen(len(event.text))
                        elif type(event) is End:
                            ended(event.log)

        yield ask


@asynccontextmanager
async def openai_sdk(base_url: str) -> AsyncIterator[Ask]:
    """The OpenAI SDK with its default transport."""
    async with AsyncOpenAI(base_url=base_url, api_key=_KEY) as client:

        async def ask(seen: Seen) -> None:
            stream = await client.chat.completions.create(
                model=_MODEL, messages=[{"role": "user", "content": "Hello"}], stream=True
            )
            async with stream:
                async for chunk in stream:
                    if chunk.choices and (text := chunk.choices[0].delta.content):
                        seen(len(text))

        yield ask


@asynccontextmanager
async def bare(base_url: str) -> AsyncIterator[Ask]:
    """The least that could work: raw bytes from our transport, cut at blank lines, decoded into what is used.

    It has no clocks, no limits, no errors, no usage, no end.
    """
    async with httpx.AsyncClient(transport=AiohttpTransport(), timeout=httpx.Timeout(None)) as client:

        async def ask(seen: Seen) -> None:
            async with client.stream("POST", f"{base_url}/chat/completions", json=_BODY) as response:
                rest = b""
                async for piece in response.aiter_raw():
                    *blocks, rest = (rest + piece).split(b"\n\n")
                    for block in blocks:
                        if text := text_of(block):
                            seen(len(text))

        yield ask


@asynccontextmanager
async def httpx_sse(base_url: str) -> AsyncIterator[Ask]:
    """httpx-sse over httpx's default transport, with the JSON of the standard library."""
    async with httpx.AsyncClient(timeout=httpx.Timeout(None)) as client:

        async def ask(seen: Seen) -> None:
            async with aconnect_sse(client, "POST", f"{base_url}/chat/completions", json=_BODY) as source:
                async for event in source.aiter_sse():
                    if event.data != "[DONE]" and (text := json.loads(event.data)["choices"][0]["delta"]["content"]):
                        seen(len(text))

        yield ask


CONTENDERS: dict[str, Contender] = {"ours": ours, "bare": bare, "openai": openai_sdk, "httpx-sse": httpx_sse}
