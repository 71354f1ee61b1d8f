"""Calls that wait for their turn, over real sockets."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from conversations.deepseek import DeepSeekClient, End, Queued, Secret
from conversations.deepseek.errors import UpstreamError
from tests.deepseek.fallbacks import LIMITED, NO_BALANCE, ONCE, two
from tests.deepseek.server import ANSWER, HANG, RESET, Script, ScriptedServer, chunked, reply, text, whole
from tests.deepseek.talking import ASK, KEY, asked_by, collect, end_of, text_in, until
from tests.deepseek.test_adaptive_limit import Clock
from tests.deepseek.test_client import plain


@asynccontextmanager
async def one_at_once(*scripts: Script, **options: Any) -> AsyncIterator[tuple[DeepSeekClient, ScriptedServer]]:
    options.setdefault("retry", ONCE)
    options.setdefault("max_concurrent", 1)
    async with ScriptedServer(*scripts) as server, DeepSeekClient(server.url, Secret(KEY), **options) as client:
        yield client, server


async def test_who_has_to_wait_is_told_and_then_let_in() -> None:
    async with one_at_once([reply(), 0.1, ANSWER], [reply(), ANSWER]) as (client, server):
        first = asyncio.create_task(collect(client.stream(asked_by("a"))))
        await until(lambda: len(server.seen) == 1)
        events = await collect(client.stream(asked_by("b")))
        assert events[:2] == [Queued(1), Queued(0)]
        assert text_in(events) == text_in(await first) == "Hello"


async def test_a_heavy_person_does_not_starve_another() -> None:
    order: list[str] = []

    async def ask(client: DeepSeekClient, person: str) -> None:
        assert end_of(await collect(client.stream(asked_by(person)))).error is None
        order.append(person)

    answers: list[Script] = [[reply(), 0.01, ANSWER] for _ in range(7)]
    async with one_at_once(*answers) as (client, _):
        async with asyncio.TaskGroup() as group:
            for person in "aaaaaab":
                group.create_task(ask(client, person))
        assert order.index("b") <= 2


async def test_who_waits_can_leave_at_once() -> None:
    async with one_at_once([HANG], [reply(), ANSWER]) as (client, server):
        running = asyncio.create_task(collect(client.stream(asked_by("a"))))
        await until(lambda: len(server.seen) == 1)
        closed, cancelled = client.stream(asked_by("b")), client.stream(asked_by("c"))
        for stream in (closed, cancelled):
            assert isinstance((await anext(stream))[0], Queued)
        waiting = [asyncio.create_task(anext(stream, None)) for stream in (closed, cancelled)]
        await asyncio.sleep(0.01)
        await closed.aclose()
        waiting[1].cancel()
        assert await waiting[0] is None
        with pytest.raises(asyncio.CancelledError):
            await waiting[1]
        assert (closed.calls, cancelled.calls) == ([], [])
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
        assert text_in(await collect(client.stream(asked_by("d")))) == "Hello"


@pytest.mark.parametrize("closes", [True, False])
async def test_who_leaves_in_the_moment_of_being_let_in_gives_the_place_back(*, closes: bool) -> None:
    async with one_at_once([HANG]) as (client, server):
        running, waiting = client.stream(asked_by("a")), client.stream(asked_by("b"))
        readers = [asyncio.create_task(collect(stream)) for stream in (running, waiting)]
        gate = client._upstream.gate("deepseek-flash")
        await until(lambda: gate.waiting == 1 and len(server.seen) == 1)
        running._route.left()
        assert (gate.running, gate.waiting) == (1, 0)  # let in, and not yet awake
        if closes:
            await waiting.aclose()
        else:
            readers[1].cancel()
            await asyncio.wait([readers[1]])
        assert (gate.running, gate.waiting, len(server.seen)) == (0, 0, 1)
        await running.aclose()
        await asyncio.wait(readers)


async def test_a_fallback_that_is_deepseek_has_the_limits_of_an_account() -> None:
    limits = {"limits": {"deepseek-flash": 7}, "is_deepseek": True}
    models = {"models": {name: name for name in ("deepseek-flash", "deepseek-v4-pro", "other")}}
    async with two([], [], spare_options={**limits, **models}) as (client, _, _other):
        spare = client._upstreams[1]
        names = ("deepseek-flash", "deepseek-v4-pro", "other")
        assert [spare.gate(name).limit for name in names] == [7, 500, 2500]


async def test_a_call_gives_its_place_back_however_it_ends() -> None:
    ends: list[Script] = [
        list(NO_BALANCE),
        chunked(text("a"), 0.01, RESET),
        [reply(), ANSWER],
        [reply()],
        list(LIMITED),
    ]
    async with one_at_once(*ends, [reply(), text("a"), HANG], plain("Hi"), whole(401, b""), [reply(), ANSWER]) as (
        client,
        _,
    ):
        for _ in ends:
            await collect(client.stream(ASK))
        async with client.stream(ASK) as stream:
            await anext(stream)
        await client.complete(ASK)
        with pytest.raises(UpstreamError):
            await client.complete(ASK)
        events = await collect(client.stream(ASK))
        assert not any(isinstance(event, Queued) for event in events)
        assert isinstance(events[-1], End)


async def test_a_refusal_shrinks_the_limit() -> None:
    answers: list[Script] = [[reply(), 0.2, ANSWER], list(LIMITED), [reply(), ANSWER]]
    async with one_at_once(*answers, max_concurrent=2, clock=Clock()) as (client, server):
        first = asyncio.create_task(collect(client.stream(asked_by("a"))))
        await until(lambda: len(server.seen) == 1)
        await collect(client.stream(asked_by("b")))
        events = await collect(client.stream(asked_by("b")))
        assert events[0] == Queued(1)
        await first


async def test_plain_calls_wait_for_their_turn() -> None:
    async with one_at_once([reply(), 0.05, ANSWER], plain("Hi")) as (client, server):
        first = asyncio.create_task(collect(client.stream(ASK)))
        await until(lambda: len(server.seen) == 1)
        assert (await client.complete(ASK)).text == "Hi"
        assert first.done()


async def test_a_fallback_has_limits_of_its_own() -> None:
    options = {"limits": {"qwen3": 1}}
    answers: list[Script] = [[reply(), 0.1, ANSWER], [reply(), ANSWER]]
    async with two([list(NO_BALANCE)] * 2, answers, spare_options=options) as (client, _, other):
        first = asyncio.create_task(collect(client.stream(asked_by("a"))))
        await until(lambda: len(other.seen) == 1)
        assert Queued(1) in await collect(client.stream(asked_by("b")))
        await first
