"""Fallback upstreams over real sockets: who is asked, with what, and who is told to have answered."""

from __future__ import annotations

import pytest

from conversations.deepseek import (
    Authentication,
    ChatMessage,
    ChatRequest,
    DeepSeekClient,
    EndKind,
    Fallback,
    FimRequest,
    InvalidRequest,
    RetryPolicy,
    RetryScheduled,
    Secret,
    Unreachable,
)
from conversations.deepseek.errors import Malformed, Moderation, Overloaded, ProtocolLimit, RateLimited
from conversations.deepseek.fallback import lasts, may_be_asked_elsewhere, shows_that_it_works
from conversations.deepseek.messages import ImagePart, ImageUrl
from tests.deepseek.fallbacks import NO_BALANCE, SPARE_KEY, spare_at, two
from tests.deepseek.server import ANSWER, RESET, chunked, reply, text, whole
from tests.deepseek.talking import ASK, BUSY, collect, end_of, text_in
from tests.deepseek.test_client import plain


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
