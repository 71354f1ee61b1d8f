"""Plain answers and the account over real sockets."""

from __future__ import annotations

import asyncio
from decimal import Decimal

import pytest

from conversations.deepseek import (
    BalanceUnavailable,
    ChatMessage,
    ChatRequest,
    Clocks,
    ContentFilter,
    DeepSeekClient,
    FilePart,
    ImagePart,
    ImageUrl,
    InvalidRequest,
    Malformed,
    ProtocolLimit,
    RetryPolicy,
    TextPart,
    Unreachable,
    UpstreamError,
    Usage,
    client,
)
from tests.deepseek.server import (
    HANG,
    RESET,
    USAGE,
    Script,
    chunked,
    every,
    reply,
    whole,
)
from tests.deepseek.talking import ASK, BUSY, connected, until


def plain(answer: str, finish: str = "stop") -> Script:
    message = {"role": "assistant", "content": answer}
    return whole(
        200, {"id": "a1", "model": "m", "choices": [{"message": message, "finish_reason": finish}], "usage": USAGE}
    )


async def test_a_plain_answer() -> None:
    async with connected(list(BUSY), plain("Hi")) as (deepseek, server):
        completion = await deepseek.complete(ASK)
        assert (completion.text, completion.model, completion.finish_reason) == ("Hi", "m", "stop")
        assert [call.status for call in completion.calls] == [503, 200]
        assert completion.calls[1].usage == Usage(17, 5, 12, 9, 4)
        assert completion.calls[1].upstream_id == "a1"
        assert server.seen[0].json["stream"] is False


IMAGE = ChatMessage("user", [ImagePart(ImageUrl("https://example.org/a.png"))])
FILE = ChatMessage("user", [FilePart(file_id="f")])
WORDS = ChatMessage("user", [TextPart("x")])


@pytest.mark.parametrize("seen", [IMAGE, FILE])
async def test_models_that_read_text_alone_get_no_images(seen: ChatMessage) -> None:
    async with connected(plain("Hi"), plain("Hi"), plain("Hi")) as (deepseek, server):
        with pytest.raises(InvalidRequest, match="which deepseek-v4-pro does not read"):
            await deepseek.complete(ChatRequest("deepseek-v4-pro", [seen]))
        assert server.seen == []
        await deepseek.complete(ChatRequest("deepseek-v4-pro", [WORDS]))
        await deepseek.complete(ChatRequest("deepseek-flash", [seen]))
    async with connected(plain("Hi"), text_only=("llama",)) as (deepseek, _):
        await deepseek.complete(ChatRequest("deepseek-v4-pro", [seen]))
        with pytest.raises(InvalidRequest, match="which llama-3 does not read"):
            await deepseek.complete(ChatRequest("llama-3", [seen]))


async def test_a_plain_answer_after_blank_lines() -> None:
    answer = plain("Hi")[0]
    assert isinstance(answer, bytes)
    body = answer.partition(b"\r\n\r\n")[2]
    async with connected([reply(), *every(0.03, b"\n", 4), body], clocks=Clocks(idle=0.1)) as (deepseek, _):
        assert (await deepseek.complete(ASK)).text == "Hi"


async def test_a_plain_answer_that_did_not_end_well() -> None:
    async with connected(plain("Hi", "content_filter")) as (deepseek, _):
        with pytest.raises(ContentFilter) as raised:
            await deepseek.complete(ASK)
        assert raised.value.completion is not None
        assert raised.value.completion.text == "Hi"
        assert raised.value.calls[0].error is raised.value
        assert raised.value.calls[0].finish_reason == "content_filter"


async def test_a_plain_call_that_fails_carries_its_records() -> None:
    async with connected(chunked(RESET), [reply()], whole(401, b"")) as (deepseek, _):
        with pytest.raises(UpstreamError) as raised:
            await deepseek.complete(ASK)
        assert [call.error and call.error.code for call in raised.value.calls] == ["reset", "empty", "authentication"]
        assert all(call.ended_at for call in raised.value.calls)


async def test_a_plain_answer_beyond_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "MAX_ANSWER", 100)
    async with connected([reply(), b" " * 101, HANG]) as (deepseek, _):
        with pytest.raises(ProtocolLimit):
            await deepseek.complete(ASK)


async def test_a_cancelled_plain_call_hangs_up() -> None:
    async with connected([reply(), HANG]) as (deepseek, server):
        task = asyncio.create_task(deepseek.complete(ASK))
        await until(lambda: bool(server.seen))
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await asyncio.wait_for(server.hung_up.wait(), 2)


# --- the account


async def test_models_and_balance() -> None:
    info = {"currency": "USD", "total_balance": "1.10", "granted_balance": "0.10", "topped_up_balance": "1.00"}
    async with connected(
        whole(200, {"object": "list", "data": [{"id": "deepseek-flash", "object": "model", "owned_by": "deepseek"}]}),
        list(BUSY),
        whole(200, {"is_available": True, "balance_infos": [info]}),
    ) as (deepseek, server):
        assert [model.id for model in await deepseek.models()] == ["deepseek-flash"]
        assert (await deepseek.balance()).balance_infos[0].total_balance == Decimal("1.10")
        assert [seen.line for seen in server.seen[1:]] == ["GET /user/balance HTTP/1.1"] * 2
        assert server.seen[0].line == "GET /models HTTP/1.1"


async def test_an_upstream_without_balance() -> None:
    async with connected(whole(404, {"error_msg": "Not Found."})) as (deepseek, _):
        with pytest.raises(BalanceUnavailable):
            await deepseek.balance()


async def test_account_calls_that_fail() -> None:
    async with connected(whole(200, b"Authentication Fails"), whole(401, b"")) as (deepseek, _):
        with pytest.raises(Malformed):
            await deepseek.balance()
        with pytest.raises(UpstreamError, match="authentication"):
            await deepseek.models()
    async with DeepSeekClient("http://127.0.0.1:1", retry=RetryPolicy(attempts=1)) as deepseek:
        with pytest.raises(Unreachable):
            await deepseek.models()


async def test_proxy_variables_decide_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
        monkeypatch.setenv(name.lower(), "http://127.0.0.1:1")
    async with connected(plain("Hi")) as (deepseek, server):
        assert (await deepseek.complete(ASK)).text == "Hi"
        assert server.seen[0].line == "POST /chat/completions HTTP/1.1"
