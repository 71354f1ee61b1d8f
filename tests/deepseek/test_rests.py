"""Rests of a stream: what comes meanwhile waits in the operating system, and nothing of it is lost."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
import uvloop
from aiohttp import StreamReader

from conversations.deepseek import DeepSeekClient, Secret, TextDelta
from conversations.deepseek import client as client_module
from conversations.deepseek.transport import READER, ReaderTransport
from tests.deepseek.certificates import serving
from tests.deepseek.server import (
    DONE,
    FIRST,
    HANG,
    KEEP,
    LAST,
    RESET,
    Script,
    ScriptedServer,
    chunked,
    every,
    reply,
    text,
)
from tests.deepseek.talking import ASK, KEY, collect, connected, end_of, text_in

REST = 0.3
SLOW: Script = [reply(), FIRST + text("a"), 0.05, *every(0.01, text("b"), 5), LAST + DONE]


class Watched(ReaderTransport):
    """Knows the readers of its bodies."""

    def __init__(self) -> None:
        super().__init__()
        self.readers: list[StreamReader] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        response = await super().handle_async_request(request)
        self.readers.append(response.extensions[READER])
        return response


async def test_nothing_is_read_during_a_rest_and_what_came_is_one_batch() -> None:
    transport = Watched()
    async with connected(SLOW, transport=transport) as (deepseek, _), deepseek.stream(ASK) as stream:
        assert await anext(stream) == [TextDelta("a")]
        (reader,) = transport.readers
        before = reader.total_bytes
        await stream.rest(REST)
        await asyncio.sleep(REST / 2)
        assert reader.total_bytes == before
        batch = await anext(stream)
        assert text_in(batch) == "bbbbb"
        assert end_of(batch).error is None


async def test_a_body_that_comes_another_way_waits_in_its_buffers() -> None:
    transport = httpx.AsyncHTTPTransport()
    async with connected(SLOW, transport=transport) as (deepseek, _), deepseek.stream(ASK) as stream:
        await anext(stream)
        await stream.rest(REST)
        assert text_in([event async for batch in stream for event in batch]) == "bbbbb"


async def test_rests_of_a_crowd_end_together() -> None:
    transport = Watched()
    async with connected(*[SLOW] * 8, transport=transport) as (deepseek, _):
        streams = [deepseek.stream(ASK) for _ in range(8)]
        await asyncio.gather(*map(anext, streams))
        for stream in streams:
            await asyncio.sleep(0.004)
            await stream.rest(REST)
        assert len(transport.rests) <= 2
        answers = await asyncio.gather(*map(collect, streams))
        assert {text_in(answer) for answer in answers} == {"bbbbb"}
        assert len(transport.rests) == 0


async def test_a_connection_that_breaks_during_a_rest_gives_all_that_came_before() -> None:
    script: Script = [*SLOW[:-1], RESET]
    async with connected(script) as (deepseek, _), deepseek.stream(ASK) as stream:
        await anext(stream)
        await stream.rest(REST)
        rest = [event async for batch in stream for event in batch]
        assert text_in(rest) == "bbbbb"
        assert end_of(rest).error is not None


async def test_a_stop_does_not_wait_for_a_rest() -> None:
    async with connected([reply(), FIRST + text("a"), HANG]) as (deepseek, server):
        stream = deepseek.stream(ASK)
        await anext(stream)
        await stream.rest(60)
        reading = asyncio.create_task(anext(stream))
        await asyncio.sleep(0.02)
        await stream.aclose()
        async with asyncio.timeout(5):
            await server.hung_up.wait()
            with pytest.raises(StopAsyncIteration):
                await reading


async def test_a_connection_is_used_again_after_rests() -> None:
    body = chunked(FIRST + text("a"), 0.02, text("b") + LAST + DONE, b"")
    async with connected([*body, KEEP], [*body, KEEP]) as (deepseek, server):
        for _ in range(2):
            async with deepseek.stream(ASK) as stream:
                await anext(stream)
                await stream.rest(0.05)
                assert text_in(await anext(stream)) == "b"
                assert [batch async for batch in stream] == []
        assert server.connections == 1


async def test_a_rest_that_nobody_needs_is_none() -> None:
    async with connected([reply(), FIRST + text("a") + LAST + DONE]) as (deepseek, _), deepseek.stream(ASK) as stream:
        await stream.rest(60)  # nothing is open yet
        end_of(await anext(stream))
        await stream.rest(60)
        assert [batch async for batch in stream] == []


@pytest.mark.parametrize("loop", [asyncio.new_event_loop, uvloop.new_event_loop])
@pytest.mark.parametrize("end", [[], [RESET]], ids=["closed", "reset"])
def test_nothing_is_lost_of_an_encrypted_answer_that_ends_during_a_rest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, end: Script, loop: Callable[[], asyncio.AbstractEventLoop]
) -> None:
    tls, certificate = serving(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    monkeypatch.setattr(client_module, "tls_context", httpx.create_ssl_context)

    async def talk() -> None:
        script: Script = [*SLOW, 0.05, *end]
        async with ScriptedServer(script, tls=tls) as server, DeepSeekClient(server.url, Secret(KEY)) as deepseek:
            async with deepseek.stream(ASK) as stream:
                await anext(stream)
                await stream.rest(REST)
                rest = [event async for batch in stream for event in batch]
            assert text_in(rest) == "bbbbb"
            assert end_of(rest).error is None

    with asyncio.Runner(loop_factory=loop) as runner:
        runner.run(talk())
