"""Mutated answers over real sockets, read to their end, stopped or cancelled: nothing stays behind."""

from __future__ import annotations

import asyncio
import gc
import os
import random

from conversations.deepseek import ChatStream, Clocks, DeepSeekClient, RetryPolicy, Secret, UpstreamError
from conversations.deepseek.call import Call
from conversations.deepseek.completion import CompletionState
from conversations.deepseek.sse import SSEParser
from conversations.deepseek.wires import Wire
from tests.deepseek.fuzz import BODIES, mutated
from tests.deepseek.recordings import ANTHROPIC, OPENAI, check
from tests.deepseek.server import HANG, RESET, Script, ScriptedServer, chunked, reply
from tests.deepseek.talking import ASK, KEY, until

COUNT = 300  # for each format; the pure layers take many more
KEPT = (ChatStream, Call, SSEParser, CompletionState)


def script(bodies: dict[str, bytes], chance: random.Random) -> Script:
    """A reply whose body, and now and then whose head, is not what it should be."""
    body = mutated(chance.choice([*bodies.values(), *BODIES]), chance)
    cut = chance.randrange(len(body) + 1)
    kind = chance.randrange(6)
    if kind == 0:
        return [mutated(reply(), chance) + body]
    if kind == 1:
        return chunked(body[:cut] or b" ", RESET)
    if kind == 2:
        return [reply(), body[:cut], HANG]
    if kind == 3:
        return [reply(chance.choice((400, 429, 500, 503))), body]
    return [reply(), body[:cut], 0.0, body[cut:]]


async def talk(deepseek: DeepSeekClient, chance: random.Random) -> None:
    """Asks once, in one of the ways in which a caller may ask and leave."""
    kind = chance.randrange(4)
    if kind == 0:
        try:
            await deepseek.complete(ASK)
        except UpstreamError:
            return
    elif kind == 1:
        async with deepseek.stream(ASK) as stream:
            await anext(stream)
    elif kind == 2:
        reader = asyncio.create_task(all_of(deepseek.stream(ASK)))
        await asyncio.sleep(chance.random() / 100)
        reader.cancel()
        await asyncio.wait([reader])
    else:
        await all_of(deepseek.stream(ASK))


async def all_of(stream: ChatStream) -> None:
    async with stream:
        check([event for batch in [batch async for batch in stream] for event in batch])


def open_files() -> int:
    return len(os.listdir("/dev/fd"))


def kept() -> int:
    gc.collect()
    return sum(issubclass(type(found), KEPT) for found in gc.get_objects())


async def fuzz_over_sockets(wire: Wire, bodies: dict[str, bytes], chance: random.Random) -> None:
    clocks = Clocks(idle=0.1)
    async with (
        ScriptedServer(*(script(bodies, chance) for _ in range(COUNT))) as server,
        DeepSeekClient(server.url, Secret(KEY), clocks, RetryPolicy(attempts=1), wire=wire) as deepseek,
    ):
        for _ in range(COUNT // 30):
            await asyncio.gather(*(talk(deepseek, chance) for _ in range(30)))
        await until(lambda: server.open_connections == 0)
    await until(lambda: len(asyncio.all_tasks()) == 1)


async def test_nothing_is_left_behind_by_mutated_answers() -> None:
    gc.collect()
    files, objects = open_files(), kept()
    formats: tuple[tuple[Wire, dict[str, bytes]], ...] = (("openai", OPENAI), ("anthropic", ANTHROPIC))
    for wire, bodies in formats:
        await fuzz_over_sockets(wire, bodies, random.Random(7))
    await until(lambda: kept() <= objects)  # generators take a turn of the loop to go
    await until(lambda: open_files() <= files)
