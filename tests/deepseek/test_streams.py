"""Streams over real sockets: batches, records, stops."""

from __future__ import annotations

import asyncio
import gc
import logging

import pytest

from conversations.deepseek import (
    ChatMessage,
    ChatRequest,
    ChatStream,
    DeepSeekClient,
    EndKind,
    InvalidRequest,
    ReasoningDelta,
    RetryPolicy,
    RetryScheduled,
    Secret,
    TextDelta,
    Usage,
)
from tests.deepseek.server import (
    ANSWER,
    DONE,
    FIRST,
    HANG,
    LAST,
    PING,
    RESET,
    Script,
    ScriptedServer,
    Step,
    chunked,
    every,
    reply,
    text,
    thought,
    whole,
)
from tests.deepseek.talking import ASK, BUSY, KEY, NOW, collect, connected, end_of, text_in, until


async def test_a_streamed_answer_in_batches() -> None:
    body: Script = [reply(x_ds_trace_id="t-1"), PING, 0.02, FIRST + thought("h") + thought("m") + text("Hel"), 0.02]
    async with connected([*body, text("lo") + LAST + DONE], now=lambda: NOW) as (deepseek, server):
        stream = deepseek.stream(ASK)
        async with stream:
            batches = [batch async for batch in stream]
        assert batches[0] == [ReasoningDelta("hm"), TextDelta("Hel")]
        assert batches[1][0] == TextDelta("lo")
        assert end_of(batches[1]).usage == Usage(17, 5, 12, 9, 4)
        (record,) = stream.calls
        assert (record.number, record.status, record.error, record.closed_early) == (1, 200, None, False)
        assert (record.started_at, record.first_token_at, record.ended_at) == (NOW, NOW, NOW)
        assert (record.upstream_id, record.trace_id, record.model) == ("a1", "t-1", "deepseek-flash")
        assert (record.finish_reason, record.usage) == ("stop", Usage(17, 5, 12, 9, 4))
        seen = server.seen[0]
        assert seen.line == "POST /chat/completions HTTP/1.1"
        assert seen.headers["authorization"] == f"Bearer {KEY}"
        assert seen.headers["accept-encoding"] == "identity"
        assert seen.headers["content-type"] == "application/json"
        assert seen.json["stream"] is True
        with pytest.raises(StopAsyncIteration):
            await anext(stream)


async def test_the_running_call_is_on_record_from_the_first_batch_on() -> None:
    async with connected([reply(), FIRST + text("a"), HANG], now=lambda: NOW) as (deepseek, server):
        stream = deepseek.stream(ASK)
        assert stream.calls == []
        assert await anext(stream) == [TextDelta("a")]
        (record,) = stream.calls
        assert record.status == 200
        assert (record.ended_at, record.first_token_at) == (None, NOW)
        await stream.aclose()
        await stream.aclose()
        assert (record.ended_at, record.closed_early, record.upstream_id) == (NOW, True, "a1")
        await asyncio.wait_for(server.hung_up.wait(), 2)
        assert [batch async for batch in stream] == []


async def test_the_prefix_goes_to_the_beta_address() -> None:
    async with connected([reply(), ANSWER]) as (deepseek, server):
        prefix = ChatMessage("assistant", "Once", prefix=True)
        await collect(deepseek.stream(ChatRequest("deepseek-flash", [*ASK.messages, prefix])))
        assert server.seen[0].line == "POST /beta/chat/completions HTTP/1.1"


async def test_a_wrong_request_is_refused_before_anything_is_sent() -> None:
    async with connected() as (deepseek, server):
        wrong = ChatRequest("deepseek-flash", ASK.messages, temperature=3)
        with pytest.raises(InvalidRequest):
            deepseek.stream(wrong)
        with pytest.raises(InvalidRequest):
            await deepseek.complete(wrong)
        assert server.connections == 0


async def test_a_connection_is_used_again_after_a_good_end() -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
    piece = b"%x\r\n%s\r\n" % (len(ANSWER), ANSWER)
    from tests.deepseek.server import KEEP

    script: Script = [head + piece, 0.02, b"0\r\n\r\n", KEEP]
    async with connected(list(script), list(script), list(script)) as (deepseek, server):
        await collect(deepseek.stream(ASK))
        stream = deepseek.stream(ASK)
        async with stream:
            await anext(stream)  # the reader stops at the end event
        await collect(deepseek.stream(ASK))
        assert server.connections == 1


async def test_a_server_that_never_closes_after_the_end_marker_is_left() -> None:
    async with connected([reply(), ANSWER, HANG]) as (deepseek, server):
        began = asyncio.get_running_loop().time()
        assert end_of(await collect(deepseek.stream(ASK))).kind is EndKind.complete
        assert asyncio.get_running_loop().time() - began < 1
        await asyncio.wait_for(server.hung_up.wait(), 2)


async def test_a_server_that_talks_on_after_the_end_marker_is_left() -> None:
    async with connected([reply(), ANSWER, *every(0.03, PING, 20)]) as (deepseek, _):
        began = asyncio.get_running_loop().time()
        await collect(deepseek.stream(ASK))
        assert asyncio.get_running_loop().time() - began < 0.4


async def test_a_reply_that_is_compressed_all_the_same() -> None:
    import gzip

    packed = gzip.compress(ANSWER)
    async with connected(
        [reply(content_encoding="gzip"), packed[:20], 0.01, packed[20:]], [reply(content_encoding="gzip"), b"nonsense"]
    ) as (deepseek, _):
        assert text_in(await collect(deepseek.stream(ASK))) == "Hello"
        assert end_of(await collect(deepseek.stream(ASK))).kind is EndKind.malformed


async def test_stop_from_another_task_while_waiting_for_bytes() -> None:
    async with connected([reply(), text("a"), HANG]) as (deepseek, server):
        stream = deepseek.stream(ASK)
        reader = asyncio.create_task(collect(stream))
        await until(lambda: bool(stream.calls) and stream.calls[0].first_token_at is not None)
        await stream.aclose()
        assert await reader == [TextDelta("a")]
        assert stream.calls[0].closed_early
        assert stream.calls[0].error is None
        await asyncio.wait_for(server.hung_up.wait(), 2)


async def test_stop_while_waiting_for_the_status_line() -> None:
    async with connected([HANG]) as (deepseek, server):
        stream = deepseek.stream(ASK)
        reader = asyncio.create_task(collect(stream))
        await until(lambda: bool(server.seen))
        await stream.aclose()
        assert await reader == []
        assert stream.calls[0].closed_early
        assert stream.calls[0].status is None
        await asyncio.wait_for(server.hung_up.wait(), 2)


async def test_stop_during_a_retry_wait() -> None:
    async with connected(list(BUSY), retry=RetryPolicy(first_delay=5)) as (deepseek, server):
        stream = deepseek.stream(ASK)
        assert isinstance((await anext(stream))[-1], RetryScheduled)
        reader = asyncio.create_task(collect(stream))
        await asyncio.sleep(0.02)
        await stream.aclose()
        assert await reader == []
        assert len(server.seen) == len(stream.calls) == 1
        assert not stream.calls[0].closed_early


async def test_stop_before_the_start_sends_nothing() -> None:
    async with connected() as (deepseek, server):
        stream = deepseek.stream(ASK)
        await stream.aclose()
        assert [batch async for batch in stream] == []
        assert server.connections == 0


async def test_a_cancelled_reader_hangs_up_and_the_cancellation_goes_on() -> None:
    async with connected([reply(), text("a"), HANG]) as (deepseek, server):
        stream = deepseek.stream(ASK)
        await anext(stream)
        reader = asyncio.create_task(anext(stream))
        await asyncio.sleep(0.02)
        reader.cancel()
        with pytest.raises(asyncio.CancelledError):
            await reader
        assert stream.calls[0].closed_early
        await asyncio.wait_for(server.hung_up.wait(), 2)


async def divide(stream: ChatStream) -> None:
    async with stream:
        batch = await anext(stream)
        raise ZeroDivisionError(len(batch))


async def test_a_reader_that_is_cancelled_after_the_end_hangs_up_too() -> None:
    """The rest of the body is waited for then, so that the connection can be used again."""
    async with connected([reply(), ANSWER, HANG]) as (deepseek, server):
        stream = deepseek.stream(ASK)
        assert end_of(await anext(stream)).kind is EndKind.complete
        reader = asyncio.create_task(anext(stream))
        await asyncio.sleep(0.02)
        reader.cancel()
        with pytest.raises(asyncio.CancelledError):
            await reader
        await asyncio.wait_for(server.hung_up.wait(), 2)


async def test_an_error_of_the_reader_hangs_up() -> None:
    async with connected([reply(), text("a"), HANG]) as (deepseek, server):
        stream = deepseek.stream(ASK)
        with pytest.raises(ZeroDivisionError):
            await divide(stream)
        await asyncio.wait_for(server.hung_up.wait(), 2)


async def test_the_key_shows_up_nowhere(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    echo = whole(400, {"error": {"message": f"bad header Bearer {KEY} and {KEY[:6]}-{KEY[6:]} in Hello"}})
    async with connected(echo, [reply(), RESET], retry=RetryPolicy(attempts=1)) as (deepseek, _):
        for _ in range(2):
            stream = deepseek.stream(ASK)
            error = end_of(await collect(stream)).error
            assert error is not None
            assert error.__cause__ is None
            assert error.__context__ is None
            logged = f"{error!r} {error} {error.log} {stream!r} {stream.calls!r} {vars(stream)!r} {vars(deepseek)!r}"
            assert KEY not in logged + error.person
            assert "Hello" not in logged
    assert KEY not in caplog.text
    assert "Hello" not in caplog.text


async def test_a_key_that_cannot_travel_is_refused() -> None:
    for key in ("schlüssel", "a\nb"):
        with pytest.raises(InvalidRequest) as raised:
            DeepSeekClient(api_key=Secret(key))
        assert key not in str(raised.value)


async def test_no_key_sends_no_header() -> None:
    async with ScriptedServer([reply(), ANSWER]) as server, DeepSeekClient(server.url) as deepseek:
        await collect(deepseek.stream(ASK))
        assert "authorization" not in server.seen[0].headers


async def test_nothing_is_left_behind() -> None:
    scripts: list[Script] = [
        [reply(), text("a"), HANG],
        [reply(), ANSWER],
        [RESET],
        [reply(), text("a"), b"data: {\n\n", HANG],
    ]
    before = len(asyncio.all_tasks())
    async with ScriptedServer(*(list(script) for script in scripts * 5)) as server:
        async with DeepSeekClient(server.url, Secret(KEY), retry=RetryPolicy(attempts=1)) as deepseek:
            for _ in range(20):
                async with deepseek.stream(ASK) as stream:
                    await anext(stream)
        await until(lambda: server.open_connections == 0)
    gc.collect()
    await until(lambda: len(asyncio.all_tasks()) == before)
    assert not [found for found in gc.get_objects() if type(found) is ChatStream and found is not stream]


async def test_a_hundred_and_more_streams_at_once() -> None:
    script: Script = [reply(), ANSWER[:100], 0.05, ANSWER[100:]]
    async with connected(*[script] * 150) as (deepseek, server):
        answers = await asyncio.gather(*(collect(deepseek.stream(ASK)) for _ in range(150)))
        assert {text_in(events) for events in answers} == {"Hello"}
        assert server.connections == 150


@pytest.mark.parametrize("breaks", [(), (0.01, RESET)], ids=["closed", "reset"])
async def test_what_came_before_a_connection_broke_is_read_by_a_reader_that_was_busy(breaks: tuple[Step, ...]) -> None:
    """A good answer whose end marker came stays one, however its connection ends."""
    first, rest = FIRST + text("one "), text("two ") + text("three")
    for more, code in ((b"", "reset"), (LAST + DONE, None)):
        async with connected(chunked(first, 0.02, rest + more, *breaks)) as (deepseek, server):
            events = []
            async with deepseek.stream(ASK) as stream:
                async for batch in stream:
                    events += batch
                    await until(lambda: server.open_connections == 0)
                    await asyncio.sleep(0.02)
        assert text_in(events) == "one two three"
        error = end_of(events).error
        assert (error.code if error else None) == code
