"""Fallback upstreams over real sockets: who is asked, with what, and who is told to have answered."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from conversations.deepseek import (
    Authentication,
    ChatMessage,
    ChatRequest,
    DeepSeekClient,
    End,
    EndKind,
    Fallback,
    FimRequest,
    InvalidRequest,
    Queued,
    RetryPolicy,
    RetryScheduled,
    Secret,
    Unreachable,
)
from conversations.deepseek.errors import Malformed, Moderation, Overloaded, ProtocolLimit, RateLimited, UpstreamError
from conversations.deepseek.fallback import lasts, may_be_asked_elsewhere, shows_that_it_works
from conversations.deepseek.messages import ImagePart, ImageUrl
from tests.deepseek.server import ANSWER, HANG, RESET, Script, ScriptedServer, chunked, reply, text, whole
from tests.deepseek.talking import ASK, BUSY, KEY, collect, end_of, text_in, until
from tests.deepseek.test_adaptive_limit import Clock
from tests.deepseek.test_client import plain

NO_BALANCE = whole(402, {"error": {"message": "Insufficient Balance"}})
LIMITED = whole(429, {"error": {"message": "Too many requests."}})
SPARE_KEY = "sk-of-the-spare-one"
ONCE = RetryPolicy(attempts=1)


def spare_at(url: str, **options: Any) -> Fallback:
    options.setdefault("models", {"deepseek-flash": "qwen3"})
    return Fallback(name=options.pop("name", "spare"), base_url=url, key=Secret(SPARE_KEY), **options)


@asynccontextmanager
async def two(
    first: list[Script], spare: list[Script], *, spare_options: dict[str, Any] | None = None, **options: Any
) -> AsyncIterator[tuple[DeepSeekClient, ScriptedServer, ScriptedServer]]:
    """A client with a first upstream and a fallback."""
    options.setdefault("retry", ONCE)
    async with ScriptedServer(*first) as one, ScriptedServer(*spare) as other:
        fallbacks = [spare_at(other.url, **(spare_options or {}))]
        async with DeepSeekClient(one.url, Secret(KEY), fallbacks=fallbacks, **options) as client:
            yield client, one, other


async def test_the_next_one_answers_and_is_named() -> None:
    async with two([list(NO_BALANCE)], [[reply(), ANSWER]]) as (client, _, other):
        stream = client.stream(ASK)
        events = await collect(stream)
        scheduled = events[0]
        assert isinstance(scheduled, RetryScheduled)
        assert (scheduled.attempt, scheduled.delay, scheduled.upstream) == (2, 0.0, "spare")
        assert scheduled.person == "The account is out of balance, asking spare."
        assert (text_in(events), end_of(events).upstream) == ("Hello", "spare")
        assert [(call.upstream, call.status) for call in stream.calls] == [("deepseek", 402), ("spare", 200)]
        assert other.seen[0].headers["authorization"] == f"Bearer {SPARE_KEY}"
        assert other.seen[0].json["model"] == "qwen3"
        assert SPARE_KEY not in repr(spare_at(other.url))
        assert repr(client._upstream.outgoing(ASK, stream=True)).startswith("<Outgoing POST http://")


async def test_the_first_one_is_asked_first() -> None:
    async with two([[reply(), ANSWER]], []) as (client, _, other):
        assert end_of(await collect(client.stream(ASK))).upstream == "deepseek"
        assert other.seen == []


async def test_retries_come_before_the_next_one() -> None:
    retry = RetryPolicy(attempts=2, first_delay=0.001)
    async with two([list(BUSY)] * 2, [list(BUSY), [reply(), ANSWER]], retry=retry) as (client, _, _other):
        stream = client.stream(ASK)
        events = await collect(stream)
        assert [call.upstream for call in stream.calls] == ["deepseek", "deepseek", "spare", "spare"]
        assert [event.person for event in events if isinstance(event, RetryScheduled)] == [
            "DeepSeek is busy, trying again in 1 s.",
            "DeepSeek is busy, asking spare.",
            "Spare is busy, trying again in 1 s.",
        ]
        assert [call.number for call in stream.calls] == [1, 2, 3, 4]


async def test_not_after_the_first_visible_byte() -> None:
    async with two([chunked(text("a"), 0.02, RESET)], []) as (client, _, other):
        end = end_of(await collect(client.stream(ASK)))
        assert (end.kind, end.upstream, other.seen) == (EndKind.reset, "deepseek", [])


async def test_a_refusal_of_the_content_is_carried_nowhere() -> None:
    refused = whole(400, {"error": {"message": "Content Exists Risk"}})
    async with two([refused], []) as (client, _, other):
        assert isinstance(end_of(await collect(client.stream(ASK))).error, Moderation)
        assert other.seen == []


async def test_when_nobody_answers_the_first_failure_is_told() -> None:
    async with two([list(NO_BALANCE)], [list(BUSY)]) as (client, _, _other):
        stream = client.stream(ASK)
        end = end_of(await collect(stream))
        assert end.error is not None
        assert (end.error.code, end.upstream) == ("balance_exhausted", "deepseek")
        assert end.error.calls is stream.calls
        assert len(stream.calls) == 2


async def test_what_breaks_off_at_the_spare_one_is_told_as_such() -> None:
    async with two([list(NO_BALANCE)], [chunked(text("a"), 0.02, RESET)]) as (client, _, _other):
        end = end_of(await collect(client.stream(ASK)))
        assert (end.kind, end.upstream) == (EndKind.reset, "spare")
        assert end.person.startswith("The connection to spare broke off.")


HISTORY = [
    ChatMessage("user", "Hello"),
    ChatMessage("assistant", "Hi", reasoning_content="thoughts of another model"),
    ChatMessage("user", "And?"),
]


async def test_another_provider_gets_no_reasoning_and_nothing_of_deepseeks() -> None:
    request = ChatRequest("deepseek-flash", HISTORY, thinking="high", user_id="pseudonym")
    async with two([list(NO_BALANCE)], [[reply(), ANSWER]]) as (client, one, other):
        await collect(client.stream(request))
        assert one.seen[0].json["messages"][1]["reasoning_content"] == "thoughts of another model"
        assert b"thoughts" not in other.seen[0].body
        assert set(other.seen[0].json) == {"model", "messages", "stream", "stream_options"}


async def test_another_provider_with_the_anthropic_format_gets_no_reasoning_either() -> None:
    request = ChatRequest("deepseek-flash", HISTORY, thinking="high", user_id="pseudonym")
    async with two([list(NO_BALANCE)], [list(BUSY)], spare_options={"wire": "anthropic"}) as (client, _, other):
        await collect(client.stream(request))
        assert b"thoughts" not in other.seen[0].body
        assert b"pseudonym" not in other.seen[0].body
        assert other.seen[0].json["thinking"] == {"type": "disabled"}
        assert other.seen[0].line == "POST /v1/messages HTTP/1.1"
        assert other.seen[0].headers["x-api-key"] == SPARE_KEY


async def test_filling_in_the_middle_stays_at_deepseek() -> None:
    fim = {"models": {"deepseek-flash": "deepseek-flash"}}
    async with two([list(NO_BALANCE)], [], spare_options=fim) as (client, _, other):
        end = end_of(await collect(client.stream(FimRequest("deepseek-flash", "def f("))))
        assert (end.kind, other.seen) == (EndKind.rejected, [])


async def test_another_key_gets_everything() -> None:
    request = ChatRequest("deepseek-flash", HISTORY, thinking="high")
    same = {"is_deepseek": True, "models": {"deepseek-flash": "deepseek-flash"}}
    async with two([list(NO_BALANCE)], [[reply(), ANSWER]], spare_options=same) as (client, one, other):
        await collect(client.stream(request))
        assert one.seen[0].body == other.seen[0].body


async def test_an_upstream_without_the_model_or_the_prefix_is_left_out() -> None:
    prefix = [ChatMessage("user", "Hello"), ChatMessage("assistant", "He", prefix=True)]
    for request in (ChatRequest("deepseek-v4-pro", ASK.messages), ChatRequest("deepseek-flash", prefix)):
        async with two([list(NO_BALANCE)], []) as (client, _, other):
            assert end_of(await collect(client.stream(request))).kind is EndKind.rejected
            assert other.seen == []


async def test_an_upstream_whose_model_cannot_take_the_request_is_left_out() -> None:
    image = ChatMessage("user", [ImagePart(ImageUrl("https://example.org/a.png"))])
    pro = {"models": {"deepseek-flash": "deepseek-v4-pro"}, "is_deepseek": True}
    async with two([list(NO_BALANCE)], [], spare_options=pro) as (client, _, other):
        end = end_of(await collect(client.stream(ChatRequest("deepseek-flash", [image]))))
        assert (end.kind, other.seen) == (EndKind.rejected, [])


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


async def test_plain_answers_fall_back_too() -> None:
    async with two([list(NO_BALANCE)], [plain("Hi")]) as (client, _, _other):
        completion = await client.complete(ASK)
        assert completion.text == "Hi"
        assert [call.upstream for call in completion.calls] == ["deepseek", "spare"]


async def test_plain_answers_tell_the_first_failure() -> None:
    async with two([whole(401, b"")], [list(BUSY)]) as (client, _, _other):
        with pytest.raises(Authentication) as raised:
            await client.complete(ASK)
        assert len(raised.value.calls) == 2


async def test_addresses_and_keys_are_checked() -> None:
    for fallback in (spare_at("ftp://x"), Fallback("x", "http://x", Secret("\n\u00e9"), {"a": "b"})):
        with pytest.raises(InvalidRequest):
            DeepSeekClient("http://127.0.0.1:1", fallbacks=[fallback])


def test_which_errors_lead_elsewhere() -> None:
    assert [
        may_be_asked_elsewhere(error) for error in (Overloaded(), Malformed(), Unreachable(), Authentication())
    ] == [True] * 4
    assert not any(may_be_asked_elsewhere(error) for error in (Moderation(), ProtocolLimit(), InvalidRequest("a", "b")))
    assert (lasts(Authentication()), lasts(Overloaded())) == (True, False)
    assert (shows_that_it_works(RateLimited()), shows_that_it_works(Moderation())) == (True, True)
    assert not shows_that_it_works(Overloaded())


# --- concurrency ------------------------------------------------------------------------------------------------------


def asked_by(person: str) -> ChatRequest:
    return ChatRequest("deepseek-flash", ASK.messages, user_id=person)


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
