"""Mutated answers over real sockets, read to their end, stopped or cancelled, and what is left of them.

Every input is what a server sends on a socket: a mutated stream, answer or error body, in one or two pieces, now and
then with a mutated head, broken framing, a reset, or silence.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
import random
import time
from typing import SupportsIndex

import aiohttp
import httpx

from conversations.deepseek import ChatStream, Clocks, DeepSeekClient, RetryPolicy, Secret, UpstreamError
from conversations.deepseek.call import Call
from conversations.deepseek.completion import CompletionState
from conversations.deepseek.gate import Ticket
from conversations.deepseek.sse import SSEParser
from conversations.deepseek.wires import Wire
from tests.deepseek.fuzz import BODIES, mutated
from tests.deepseek.recordings import ANTHROPIC, OPENAI, check
from tests.deepseek.server import HANG, KEEP, RESET, Script, ScriptedServer, chunked, reply, whole
from tests.deepseek.talking import ASK, KEY

FORMATS: tuple[tuple[Wire, dict[str, bytes]], ...] = (("openai", OPENAI), ("anthropic", ANTHROPIC))
HOLDERS = (
    ChatStream,
    Call,
    SSEParser,
    CompletionState,
    Ticket,
    httpx.Response,
    aiohttp.ClientResponse,
    aiohttp.StreamReader,
)
"""What holds buffers, connections or places."""

IDLE = 0.1
MOST = 60


class Inputs(list[Script]):
    """As many scripts as are asked for. `given`: how many were."""

    def __init__(self, bodies: dict[str, bytes], chance: random.Random) -> None:
        super().__init__()
        self.given = 0
        self._bodies = list(bodies.values()) + list(BODIES)
        self._chance = chance

    def pop(self, index: SupportsIndex = -1) -> Script:
        self.given += 1
        return script(self._bodies, self._chance)


def script(bodies: list[bytes], chance: random.Random) -> Script:
    """A reply whose body, and now and then whose head or framing, is not what it should be."""
    body = mutated(chance.choice(bodies), chance)
    cut = chance.randrange(len(body) + 1)
    kind = chance.randrange(20)
    if kind == 0:
        return [mutated(reply(), chance) + body]
    if kind == 1:
        return chunked(body[:cut] or b" ", RESET)
    if kind == 2:
        return [reply(), body[:cut], HANG]
    if kind == 3:
        return [mutated(b"".join(each for each in chunked(body) if isinstance(each, bytes)), chance)]
    if kind == 4:
        return [reply(), chance.choice(bodies), HANG]  # after the end marker too
    if kind < 7:
        return whole(chance.choice((400, 429, 500, 503)), body)
    if kind < 9:
        return whole(200, body)
    if kind < 12:
        return [reply(), body[:cut], 0.0, body[cut:]]
    return [*chunked(body[:cut] or b"\n", 0.0, body[cut:] or b"\n"), b"0\r\n\r\n", KEEP]


def client_for(server: ScriptedServer, wire: Wire) -> DeepSeekClient:
    """A client whose limit, which refusals shrink, grows back a hundred times faster than usual."""
    clocks, retry = Clocks(idle=IDLE), RetryPolicy(attempts=1)
    return DeepSeekClient(
        server.url, Secret(KEY), clocks, retry, max_concurrent=MOST, clock=lambda: 100 * time.monotonic(), wire=wire
    )


async def talk(deepseek: DeepSeekClient, chance: random.Random) -> str:
    """Asks once, in one of the ways in which a caller may ask and leave; which one it was."""
    kind = chance.randrange(10)
    if kind < 2:
        with contextlib.suppress(UpstreamError):
            await deepseek.complete(ASK)
        return "plain"
    if kind == 2:
        async with deepseek.stream(ASK) as stream:
            await anext(stream)
        return "stopped"
    if kind == 3:
        reader = asyncio.create_task(all_of(deepseek.stream(ASK)))
        await asyncio.sleep(chance.random() / 100)
        reader.cancel()
        await asyncio.wait([reader])
        if not reader.cancelled():
            reader.result()
        return "cancelled"
    await all_of(deepseek.stream(ASK))
    return "streamed"


async def all_of(stream: ChatStream) -> None:
    async with stream:
        check([event for batch in [batch async for batch in stream] for event in batch])


def open_files() -> int:
    return len(os.listdir("/dev/fd"))


def held() -> int:
    """How many HOLDERS there are."""
    gc.collect()
    return sum(issubclass(type(found), HOLDERS) for found in gc.get_objects())
