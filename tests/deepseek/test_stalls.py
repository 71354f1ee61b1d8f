"""The clocks over real sockets."""

from __future__ import annotations

import asyncio

import httpx
import pytest

from conversations.deepseek import (
    Clocks,
    DeepSeekClient,
    EndKind,
    Event,
    RetryPolicy,
)
from tests.deepseek.server import (
    ANSWER,
    DONE,
    HANG,
    LAST,
    PING,
    Script,
    every,
    reply,
    text,
)
from tests.deepseek.talking import ASK, collect, connected, end_of

CLOCKS: list[tuple[Clocks, Script, str]] = [
    (Clocks(idle=0.05), [HANG], "stalled"),
    (Clocks(idle=0.05), [reply(), HANG], "stalled"),
    (Clocks(idle=0.05), [reply(), text("a"), HANG], "stalled"),
    (Clocks(first_token=0.1), [reply(), *every(0.03, PING, 8)], "first_token_timeout"),
    (Clocks(progress=0.1), [reply(), text("a"), *every(0.03, PING, 8)], "stalled"),
]


@pytest.mark.parametrize(("clocks", "script", "code"), CLOCKS)
async def test_each_clock_ends_a_stall(clocks: Clocks, script: Script, code: str) -> None:
    async with connected(script, clocks=clocks, retry=RetryPolicy(attempts=1)) as (deepseek, _):
        end = end_of(await collect(deepseek.stream(ASK)))
        assert end.kind is EndKind.stalled
        assert end.error is not None
        assert end.error.code == code


async def test_comments_keep_the_idle_clock_from_ending_a_slow_start() -> None:
    async with connected([reply(), *every(0.03, PING, 5), ANSWER], clocks=Clocks(idle=0.1)) as (deepseek, _):
        assert end_of(await collect(deepseek.stream(ASK))).kind is EndKind.complete


async def test_a_slow_reader_is_no_stall() -> None:
    async with connected(
        [reply(), text("a"), 0.02, text("b"), 0.02, LAST + DONE], clocks=Clocks(idle=0.1, progress=0.1)
    ) as (deepseek, _):
        stream = deepseek.stream(ASK)
        events: list[Event] = []
        async with stream:
            async for batch in stream:
                await asyncio.sleep(0.15)
                events += batch
        assert end_of(events).kind is EndKind.complete


async def test_the_connect_clock() -> None:
    class Deaf(httpx.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            assert request.extensions["timeout"]["connect"] == request.extensions["timeout"]["pool"] == 0.5
            raise httpx.ConnectTimeout("no")

    async with DeepSeekClient(clocks=Clocks(connect=0.5), transport=Deaf(), retry=RetryPolicy(attempts=1)) as deepseek:
        assert end_of(await collect(deepseek.stream(ASK))).kind is EndKind.unreachable
