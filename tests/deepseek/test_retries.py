"""Retries over real sockets: who is asked again, when and how often."""

from __future__ import annotations

import pytest

from conversations.deepseek import (
    DeepSeekClient,
    EndKind,
    RetryPolicy,
    RetryScheduled,
    Secret,
)
from tests.deepseek.server import (
    ANSWER,
    RESET,
    chunked,
    reply,
    text,
    thought,
    whole,
)
from tests.deepseek.talking import ASK, BUSY, KEY, NOW, QUICK, Sleeps, collect, connected, end_of, text_in


async def test_busy_then_an_answer() -> None:
    sleeps = Sleeps()
    async with connected(
        list(BUSY), list(BUSY), [reply(), ANSWER], retry=RetryPolicy(), sleep=sleeps, random=lambda: 0.5
    ) as (deepseek, server):
        stream = deepseek.stream(ASK)
        events = await collect(stream)
        first, second = events[:2]
        assert isinstance(first, RetryScheduled)
        assert isinstance(second, RetryScheduled)
        assert (first.attempt, first.delay, second.attempt, second.delay) == (2, 0.5, 3, 1.0)
        assert first.person == "DeepSeek is busy, trying again in 1 s."
        assert first.error.code == "overloaded"
        assert text_in(events) == "Hello"
        assert sleeps == [0.5, 1.0]
        assert [(call.number, call.status, call.error and call.error.code) for call in stream.calls] == [
            (1, 503, "overloaded"),
            (2, 503, "overloaded"),
            (3, 200, None),
        ]
        assert len(server.seen) == 3


async def test_the_spacing_of_calls_is_real() -> None:
    async with connected(list(BUSY), [reply(), ANSWER], retry=RetryPolicy(first_delay=0.1, jitter=0)) as (
        deepseek,
        server,
    ):
        await collect(deepseek.stream(ASK))
        assert server.seen[1].at - server.seen[0].at >= 0.1


async def test_retries_end_with_the_last_error() -> None:
    async with connected(*[list(BUSY)] * 4) as (deepseek, server):
        stream = deepseek.stream(ASK)
        end = end_of(await collect(stream))
        assert (end.kind, len(server.seen)) == (EndKind.rejected, 4)
        assert end.error is not None
        assert end.error.calls is stream.calls
        assert "try again" in end.person.lower()


@pytest.mark.parametrize("value", ["3", "Sat, 21 Nov 2026 12:00:03 GMT"])
async def test_retry_after_is_honoured(value: str) -> None:
    sleeps = Sleeps()
    limited = whole(429, {"error": {"message": "Too many requests."}}, Retry_After=value)
    async with connected(limited, [reply(), ANSWER], sleep=sleeps, now=lambda: NOW) as (deepseek, _):
        await collect(deepseek.stream(ASK))
        assert sleeps == [3.0]


async def test_a_long_retry_after_is_told_to_the_person() -> None:
    async with connected(whole(429, b"", Retry_After="60")) as (deepseek, _):
        assert "to wait 60 s" in end_of(await collect(deepseek.stream(ASK))).person


@pytest.mark.parametrize("status", [400, 401, 402, 403, 404, 413, 422])
async def test_refusals_are_not_asked_again(status: int) -> None:
    async with connected(whole(status, {"error": {"message": "no"}})) as (deepseek, server):
        end = end_of(await collect(deepseek.stream(ASK)))
        assert (end.kind, len(server.seen)) == (EndKind.rejected, 1)


async def test_nothing_is_asked_again_after_visible_text() -> None:
    for visible in (text("a"), thought("a")):
        async with connected(chunked(visible, 0.02, RESET)) as (deepseek, server):
            end = end_of(await collect(deepseek.stream(ASK)))
            assert (end.kind, len(server.seen)) == (EndKind.reset, 1)
            assert end.error is not None
            assert end.error.partial


async def test_nobody_is_there() -> None:
    async with DeepSeekClient("http://127.0.0.1:1", Secret(KEY), retry=QUICK) as deepseek:
        stream = deepseek.stream(ASK)
        events = await collect(stream)
        assert end_of(events).kind is EndKind.unreachable
        assert len(events) == 4
        assert stream.calls == []


async def test_a_name_that_does_not_exist() -> None:
    async with DeepSeekClient("http://nobody.invalid", retry=RetryPolicy(attempts=1)) as deepseek:
        assert end_of(await collect(deepseek.stream(ASK))).kind is EndKind.unreachable
