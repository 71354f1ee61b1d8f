"""The ordinary wire format, byte by byte where it matters."""

from __future__ import annotations

import asyncio
import json
import time

import httpx
import pytest

from conversations.simulator import Simulator
from conversations.simulator.answers import answer_for
from conversations.simulator.tokens import pieces

from .asking import body, client_of, decoded, quiet, stream

TOOL = {"type": "function", "function": {"name": "look", "parameters": {"properties": {"at": {"type": "string"}}}}}


async def test_head_of_a_stream(client: httpx.AsyncClient) -> None:
    response = await client.post("/chat/completions", json=quiet("Hello", stream=True))
    assert response.headers["content-type"] == "text/event-stream; charset=utf-8"
    assert response.headers["server"] == "openresty"
    assert len(response.headers["x-ds-trace-id"]) == 32
    assert response.content.endswith(b"}\n\ndata: [DONE]\n\n")


async def test_without_thinking(client: httpx.AsyncClient) -> None:
    streamed = await stream(client, quiet("Hello"))
    answer = answer_for(decoded(quiet("Hello", stream=True)))
    assert streamed.deltas == [
        {"role": "assistant", "content": ""},
        *({"content": piece} for piece in pieces(answer.content)),
        {"content": ""},
    ]
    assert "completion_tokens_details" not in streamed.usage


async def test_with_thinking(client: httpx.AsyncClient) -> None:
    streamed = await stream(client, body("Hello"))
    answer = answer_for(decoded(body("Hello", stream=True)))
    assert streamed.deltas == [
        {"role": "assistant", "content": None, "reasoning_content": ""},
        *({"content": None, "reasoning_content": piece} for piece in pieces(answer.reasoning)),
        *({"content": piece, "reasoning_content": None} for piece in pieces(answer.content)),
        {"content": "", "reasoning_content": None},
    ]
    assert streamed.usage["completion_tokens_details"]["reasoning_tokens"] == len(list(pieces(answer.reasoning)))


async def test_what_all_chunks_share(client: httpx.AsyncClient) -> None:
    streamed = await stream(client, quiet("Hello", model="deepseek-v4-flash", stream_options={"include_usage": True}))
    keys = ("id", "object", "created", "model", "system_fingerprint")
    assert len({tuple(event[key] for key in keys) for event in streamed.events}) == 1
    assert streamed.events[0]["object"] == "chat.completion.chunk"
    assert streamed.events[0]["model"] == "deepseek-flash"
    assert {len(event["choices"]) for event in streamed.events} == {1}
    assert all(event["choices"][0]["logprobs"] is None for event in streamed.events)
    assert all(event["usage"] is None for event in streamed.events[:-1])
    assert [event["choices"][0]["finish_reason"] for event in streamed.events[-2:]] == [None, "stop"]


async def test_usage_is_on_the_last_chunk_even_unasked(client: httpx.AsyncClient) -> None:
    streamed = await stream(client, quiet("Hello"))
    assert all("usage" not in event for event in streamed.events[:-1])
    usage = streamed.usage
    assert usage["prompt_cache_hit_tokens"] + usage["prompt_cache_miss_tokens"] == usage["prompt_tokens"] == 2
    assert usage["completion_tokens"] == len(streamed.events) - 2
    assert usage["total_tokens"] == usage["prompt_tokens"] + usage["completion_tokens"]


async def test_cache_hits_are_reported(client: httpx.AsyncClient) -> None:
    await stream(client, quiet("x" * 1000))
    usage = (await stream(client, quiet("x" * 1000))).usage
    assert usage["prompt_cache_hit_tokens"] == usage["prompt_tokens_details"]["cached_tokens"] == 256


async def test_without_streaming(client: httpx.AsyncClient) -> None:
    response = await client.post("/v1/chat/completions", json=body("Hello"))
    answer = answer_for(decoded(body("Hello")))
    completion = response.json()
    [choice] = completion["choices"]
    assert completion["object"] == "chat.completion"
    assert choice["finish_reason"] == "stop"
    assert choice["logprobs"] is None
    assert choice["message"] == {
        "role": "assistant",
        "content": answer.content,
        "reasoning_content": answer.reasoning,
    }


async def test_max_tokens(client: httpx.AsyncClient) -> None:
    streamed = await stream(client, quiet("Count to 100", max_tokens=7))
    assert len(streamed.content) == 28
    assert streamed.finish_reason == "length"
    assert streamed.usage["completion_tokens"] == 7


async def test_max_tokens_counts_reasoning(client: httpx.AsyncClient) -> None:
    streamed = await stream(client, body(max_tokens=7))
    assert (len(streamed.reasoning), streamed.content) == (28, "")
    assert streamed.usage["completion_tokens_details"]["reasoning_tokens"] == 7


async def test_default_length_limit(client: httpx.AsyncClient) -> None:
    streamed = await stream(client, quiet("Write 9000 tokens"))
    assert streamed.usage["completion_tokens"] == 8192
    assert streamed.finish_reason == "length"


async def test_tool_call(client: httpx.AsyncClient) -> None:
    streamed = await stream(client, body("Call look", tools=[TOOL]))
    deltas = [delta["tool_calls"][0] for delta in streamed.deltas if "tool_calls" in delta]
    first, rest = deltas[0], deltas[1:]
    assert first["id"].startswith("call_00_")
    assert first["type"] == "function"
    assert first["function"] == {"name": "look", "arguments": ""}
    assert all(set(delta) == {"index", "function"} for delta in rest)
    assert json.loads("".join(delta["function"]["arguments"] for delta in rest)) == {"at": "Call look"}
    assert all("content" not in delta for delta in streamed.deltas if "tool_calls" in delta)
    assert streamed.finish_reason == "tool_calls"


async def test_tool_call_without_streaming(client: httpx.AsyncClient) -> None:
    response = await client.post("/chat/completions", json=quiet("Call look", tools=[TOOL]))
    message = response.json()["choices"][0]["message"]
    assert message["content"] == ""
    assert message["tool_calls"][0]["function"]["name"] == "look"


async def test_deltas_keep_time(simulator: Simulator, client: httpx.AsyncClient) -> None:
    simulator.speed = 200
    started = time.perf_counter()
    await stream(client, quiet("Write 40 tokens"))
    assert 0.2 <= time.perf_counter() - started < 0.6


async def test_each_delta_is_one_write(simulator: Simulator, client: httpx.AsyncClient) -> None:
    simulator.speed = 100
    async with client.stream("POST", "/chat/completions", json=quiet("Write 5 tokens", stream=True)) as response:
        sizes = [data.count(b"data: ") async for data in response.aiter_raw()]
    assert sum(sizes) == 8
    assert len(sizes) >= 6  # the role comes with the first text, and the end mark with the last chunk


async def test_speed_can_change_while_streaming(simulator: Simulator, client: httpx.AsyncClient) -> None:
    simulator.speed = 1
    async with client.stream("POST", "/chat/completions", json=quiet("Write 40 tokens", stream=True)) as response:
        received = response.aiter_raw()
        await anext(received)
        simulator.speed = 0
        rest = b"".join([data async for data in received])
    assert rest.endswith(b"[DONE]\n\n")


async def test_comments_while_waiting(simulator: Simulator, client: httpx.AsyncClient) -> None:
    simulator.first_token, simulator.keep_alive = 0.1, 0.03
    streamed = await stream(client, quiet("Hello"))
    assert streamed.raw.startswith(b": keep-alive\n\n: keep-alive\n\n: keep-alive\n\ndata: ")


async def test_blank_lines_while_waiting(simulator: Simulator, client: httpx.AsyncClient) -> None:
    simulator.first_token, simulator.keep_alive = 0.1, 0.03
    response = await client.post("/chat/completions", json=quiet("Hello"))
    assert response.content.startswith(b"\n\n\n{")
    assert response.json()["object"] == "chat.completion"


async def test_a_slow_reader_gets_everything(simulator: Simulator) -> None:
    fields = quiet("Write 8000 tokens", stream=True)
    async with client_of(simulator) as client, client.stream("POST", "/chat/completions", json=fields) as response:
        await asyncio.sleep(0.3)
        received = b"".join([data async for data in response.aiter_raw()])
    assert received.count(b"data: ") == 8003


@pytest.mark.parametrize("path", ["/models", "/v1/models"])
async def test_models(client: httpx.AsyncClient, path: str) -> None:
    flash, pro = (await client.get(path)).json()["data"]
    assert (flash["id"], flash["input_modalities"]) == ("deepseek-flash", ["text", "image"])
    assert (pro["id"], pro["input_modalities"], pro["context_window"]) == ("deepseek-v4-pro", ["text"], 1048576)


async def test_balance(client: httpx.AsyncClient) -> None:
    balance = (await client.get("/user/balance")).json()
    assert balance["is_available"] is True
    assert balance["balance_infos"][0]["total_balance"] == "110.00"
