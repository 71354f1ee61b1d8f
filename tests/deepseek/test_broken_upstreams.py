"""An upstream that is known to be broken, over real sockets: who tries it, and who is asked meanwhile."""

from __future__ import annotations

import asyncio

import pytest

from conversations.deepseek import RetryPolicy
from tests.deepseek.fallbacks import LIMITED, NO_BALANCE, two
from tests.deepseek.server import ANSWER, HANG, Script, reply, text
from tests.deepseek.talking import ASK, BUSY, asked_by, collect, end_of, text_in, until
from tests.deepseek.test_adaptive_limit import Clock
from tests.deepseek.test_client import plain


async def test_a_broken_upstream_is_passed_over_until_its_rest_is_over() -> None:
    clock = Clock()
    answers: list[Script] = [[reply(), ANSWER] for _ in range(2)]
    async with two([list(NO_BALANCE), [reply(), ANSWER]], answers, clock=clock) as (client, one, other):
        await collect(client.stream(ASK))
        assert end_of(await collect(client.stream(ASK))).upstream == "spare"
        assert (len(one.seen), len(other.seen)) == (1, 2)
        clock.now = 15.0
        assert end_of(await collect(client.stream(ASK))).upstream == "deepseek"


async def test_one_call_tries_and_the_others_do_not_wait_for_its_end() -> None:
    clock = Clock()
    trial: Script = [reply(), 0.1, text("a"), HANG]
    first: list[Script] = [list(NO_BALANCE), trial, [reply(), ANSWER]]
    async with two(first, [[reply(), ANSWER], [reply(), ANSWER]], clock=clock) as (client, one, other):
        await collect(client.stream(ASK))
        clock.now = 15.0
        async with client.stream(ASK) as trying:
            beginning = asyncio.create_task(anext(trying))
            await until(lambda: len(one.seen) == 2)
            assert end_of(await collect(client.stream(ASK))).upstream == "spare"
            await beginning
            assert end_of(await collect(client.stream(ASK))).upstream == "deepseek"
        assert (len(one.seen), len(other.seen)) == (3, 2)


async def test_a_trial_that_is_left_is_tried_again() -> None:
    clock = Clock()
    first: list[Script] = [list(NO_BALANCE), [HANG], [reply(), ANSWER]]
    async with two(first, [[reply(), ANSWER]], clock=clock) as (client, one, _other):
        await collect(client.stream(ASK))
        clock.now = 15.0
        task = asyncio.create_task(collect(client.stream(ASK)))
        await until(lambda: len(one.seen) == 2)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert end_of(await collect(client.stream(ASK))).upstream == "deepseek"


async def test_of_questions_that_were_put_together_one_tries() -> None:
    clock = Clock()
    first: list[Script] = [list(NO_BALANCE), [reply(), 0.05, ANSWER]]
    async with two(first, [[reply(), ANSWER] for _ in range(5)], clock=clock) as (client, one, _other):
        await collect(client.stream(ASK))
        clock.now = 15.0
        streams = [client.stream(ASK) for _ in range(5)]
        ends = [end_of(events) for events in await asyncio.gather(*map(collect, streams))]
        assert sorted(end.upstream for end in ends) == ["deepseek", *["spare"] * 4]
        assert len(one.seen) == 2


@pytest.mark.parametrize("plainly", [False, True])
async def test_who_waits_for_an_upstream_that_breaks_goes_on_to_the_next(*, plainly: bool) -> None:
    answer = plain("Hello") if plainly else [reply(), ANSWER]
    first: list[Script] = [[0.1, *NO_BALANCE]]
    async with two(first, [list(answer) for _ in range(4)], max_concurrent=1) as (client, one, other):

        async def ask() -> str:
            return (await client.complete(ASK)).text if plainly else text_in(await collect(client.stream(ASK)))

        assert await asyncio.gather(*(ask() for _ in range(4))) == ["Hello"] * 4
        assert (len(one.seen), len(other.seen)) == (1, 4)
        gate = client._upstream.gate("deepseek-flash")
        assert (gate.running, gate.waiting) == (0, 0)


async def test_who_waited_and_went_on_comes_back_when_nobody_else_answers() -> None:
    first: list[Script] = [[0.1, *NO_BALANCE], [reply(), ANSWER]]
    async with two(first, [list(BUSY), list(BUSY)], max_concurrent=1) as (client, _, _other):
        streams = [client.stream(asked_by(person)) for person in "ab"]
        refused, answered = await asyncio.gather(*map(collect, streams))
        assert end_of(refused).person.startswith("The organization's DeepSeek balance is used up.")
        assert (text_in(answered), end_of(answered).upstream) == ("Hello", "deepseek")
        assert [call.upstream for call in streams[1].calls] == ["spare", "deepseek"]


async def test_a_retry_that_finds_the_upstream_broken_goes_on() -> None:
    """Its own call was the first of three failures; the others came while it paused."""
    retry = RetryPolicy(attempts=2, first_delay=0.15, jitter=0)
    paused: list[Script] = [list(BUSY), list(NO_BALANCE)]
    async with two(paused, [[reply(), ANSWER], [reply(), ANSWER]], retry=retry) as (client, one, _other):
        task = asyncio.create_task(collect(client.stream(ASK)))
        await until(lambda: len(one.seen) == 1)
        await asyncio.sleep(0.05)
        assert end_of(await collect(client.stream(ASK))).upstream == "spare"
        assert end_of(await task).upstream == "spare"
        assert len(one.seen) == 2


async def test_a_breaker_alone_never_refuses() -> None:
    async with two([list(NO_BALANCE), [reply(), ANSWER]], [list(NO_BALANCE)]) as (client, _, _other):
        assert end_of(await collect(client.stream(ASK))).error is not None
        assert end_of(await collect(client.stream(ASK))).upstream == "deepseek"


async def test_a_broken_one_is_asked_last_when_the_others_fail_too() -> None:
    async with two([list(NO_BALANCE), [reply(), ANSWER]], [[reply(), ANSWER], list(BUSY)]) as (client, _, _other):
        await collect(client.stream(ASK))
        stream = client.stream(ASK)
        assert end_of(await collect(stream)).upstream == "deepseek"
        assert [call.upstream for call in stream.calls] == ["spare", "deepseek"]


async def test_a_breaker_that_opens_ends_the_retries_at_that_upstream() -> None:
    retry = RetryPolicy(attempts=9, first_delay=0.001)
    async with two([list(BUSY)] * 3, [[reply(), ANSWER]], retry=retry) as (client, one, _other):
        assert end_of(await collect(client.stream(ASK))).upstream == "spare"
        assert len(one.seen) == 3


async def test_being_refused_for_concurrency_opens_no_breaker() -> None:
    first = [list(LIMITED) for _ in range(5)] + [[reply(), ANSWER]]
    async with two(first, [[reply(), ANSWER] for _ in range(5)]) as (client, _, _other):
        for _ in range(5):
            assert end_of(await collect(client.stream(ASK))).upstream == "spare"
        assert end_of(await collect(client.stream(ASK))).upstream == "deepseek"
