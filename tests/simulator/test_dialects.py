"""Fill in the middle and the Anthropic format: the same answers in other words."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from conversations.simulator import Simulator

from .asking import QUESTION, body, parsed, stream

MESSAGES = "/anthropic/v1/messages"
TOOL = {"name": "get_weather", "input_schema": {"type": "object", "properties": {"city": {"type": "string"}}}}


def asking(text: str = QUESTION, **fields: Any) -> dict[str, Any]:
    question = {"model": "deepseek-flash", "max_tokens": 8000, "messages": [{"role": "user", "content": text}]}
    return {**question, "thinking": {"type": "disabled"}, **fields}


async def events_of(client: httpx.AsyncClient, fields: dict[str, Any]) -> list[dict[str, Any]]:
    response = await client.post(MESSAGES, json={**fields, "stream": True})
    assert response.status_code == 200, response.text
    events = []
    for block in response.text.strip().split("\n\n"):
        name, data = block.split("\n")
        events.append(json.loads(data.removeprefix("data: ")))
        assert name == f"event: {events[-1]['type']}"
    return events


def joined(events: list[dict[str, Any]], field: str) -> str:
    return "".join(event["delta"].get(field, "") for event in events if event["type"] == "content_block_delta")


async def test_a_stream_of_messages_says_what_a_chat_says(client: httpx.AsyncClient) -> None:
    chat = await stream(client, body())
    events = await events_of(client, asking(thinking={"type": "enabled"}))
    assert (joined(events, "thinking"), joined(events, "text")) == (chat.reasoning, chat.content)
    kinds = [event["type"] for event in events if event["type"] != "content_block_delta"]
    block = ["content_block_start", "content_block_stop"]
    assert kinds == ["message_start", *block, *block, "message_delta", "message_stop"]
    end = events[-2]
    assert end["delta"]["stop_reason"] == "end_turn"
    assert end["usage"]["output_tokens"] == chat.usage["completion_tokens"]
    assert end["usage"]["input_tokens"] + end["usage"]["cache_read_input_tokens"] == chat.usage["prompt_tokens"]


async def test_a_whole_message_says_the_same(client: httpx.AsyncClient) -> None:
    chat = await stream(client, body())
    answer = (await client.post(MESSAGES, json=asking(thinking={"type": "enabled"}))).json()
    thinking, text = answer["content"]
    assert (thinking["thinking"], text["text"], answer["stop_reason"]) == (chat.reasoning, chat.content, "end_turn")


async def test_a_message_is_continued_from_its_last_turn(client: httpx.AsyncClient) -> None:
    whole = (await client.post(MESSAGES, json=asking())).json()["content"][0]["text"]
    turns = [{"role": "user", "content": QUESTION}, {"role": "assistant", "content": whole[:20]}]
    rest = (await client.post(MESSAGES, json=asking(messages=turns))).json()["content"][0]["text"]
    assert whole[:20] + rest == whole


async def test_tools_are_called_and_their_results_taken(client: httpx.AsyncClient) -> None:
    events = await events_of(client, asking("get_weather please", tools=[TOOL], tool_choice={"type": "any"}))
    (start,) = [event for event in events if event["type"] == "content_block_start"]
    call = {**start["content_block"], "input": json.loads(joined(events, "partial_json"))}
    assert (call["name"], list(call["input"])) == ("get_weather", ["city"])
    assert events[-2]["delta"]["stop_reason"] == "tool_use"
    forced = asking("Hello", tools=[TOOL], tool_choice={"type": "tool", "name": "get_weather"})
    assert (await client.post(MESSAGES, json=forced)).json()["content"][0]["type"] == "tool_use"
    result = {"type": "tool_result", "tool_use_id": call["id"], "content": [{"type": "text", "text": "sunny"}]}
    turns = [
        {"role": "user", "content": [{"type": "text", "text": "get_weather please"}]},
        {"role": "assistant", "content": [{"type": "thinking", "thinking": "hm"}, call]},
        {"role": "user", "content": [result, {"type": "text", "text": "And now?"}]},
    ]
    more: dict[str, Any] = {
        "tools": [TOOL],
        "tool_choice": {"type": "none"},
        "system": "Be brief.",
        "metadata": {"user_id": "u"},
    }
    answer = await client.post(MESSAGES, json=asking(messages=turns, **more))
    assert answer.json()["stop_reason"] == "end_turn"


async def test_images_are_for_the_model_that_reads_them(client: httpx.AsyncClient) -> None:
    sources = [
        {"type": "url", "url": "https://x/y.png"},
        {"type": "base64", "media_type": "image/png", "data": "AAAA"},
    ]
    turns = [{"role": "user", "content": [{"type": "image", "source": source} for source in sources]}]
    assert (await client.post(MESSAGES, json=asking(messages=turns))).status_code == 200
    refused = await client.post(MESSAGES, json=asking(messages=turns, model="deepseek-v4-pro"))
    assert refused.status_code == 400


@pytest.mark.parametrize(
    ("scenario", "reason"), [("content-filter", "refusal"), ("aborted", "aborted"), ("length", "max_tokens")]
)
async def test_scenarios_end_messages_too(
    simulator: Simulator, client: httpx.AsyncClient, scenario: str, reason: str
) -> None:
    simulator.scenario = scenario
    assert (await events_of(client, asking()))[-2]["delta"]["stop_reason"] == reason


ODD = ("error-object", "error-text", "malformed", "wrapper", "usage-apart", "null-choices", "no-delta", "crlf", "html")


@pytest.mark.parametrize("scenario", [*ODD, "tool-calls", "tool-call-invalid"])
@pytest.mark.parametrize("path", [MESSAGES, "/beta/completions"])
async def test_odd_scenarios_reach_the_other_formats(client: httpx.AsyncClient, path: str, scenario: str) -> None:
    for streams in (True, False):
        fields = {**asking("Hello"), "prompt": "Hello", "stream": streams}
        response = await client.post(path, json=fields, headers={"x-simulator-scenario": scenario})
        assert (response.status_code, bool(response.content)) == (200, True)


async def test_an_error_comes_as_an_event_of_the_format(simulator: Simulator, client: httpx.AsyncClient) -> None:
    simulator.scenario = "error-text"
    assert (await events_of(client, asking()))[-1]["error"]["message"] == "The server had an error"


async def test_a_key_may_come_in_the_header_of_the_format(simulator: Simulator) -> None:
    simulator.api_key = "sk-right"
    async with httpx.AsyncClient(base_url=simulator.base_url, trust_env=False) as client:
        for key, status in (("sk-right", 200), ("sk-wrong", 401), ("", 401)):
            response = await client.post(MESSAGES, json=asking(), headers={"x-api-key": key})
            assert response.status_code == status
        assert (await client.get("/models", headers={"x-api-key": "sk-right"})).status_code == 401


@pytest.mark.parametrize(
    "fields",
    [
        {"max_tokens": None},
        {"messages": [{"role": "user", "content": [{"no": "type"}]}]},
        {"messages": [{"role": "robot", "content": "x"}]},
        {"model": "other"},
    ],
)
async def test_wrong_messages_are_refused(client: httpx.AsyncClient, fields: dict[str, Any]) -> None:
    assert (await client.post(MESSAGES, json=asking(**fields))).status_code == 400


FIM = {"model": "deepseek-flash", "prompt": "def add(a, b):\n", "suffix": "\nreturn c"}


async def test_fill_in_the_middle(client: httpx.AsyncClient) -> None:
    answer = (await client.post("/beta/completions", json=FIM)).json()
    (choice,) = answer["choices"]
    assert (answer["object"], choice["finish_reason"]) == ("text_completion", "stop")
    streamed = parsed((await client.post("/beta/completions", json={**FIM, "stream": True})).content)
    assert "".join(event["choices"][0]["text"] for event in streamed.events) == choice["text"] != ""
    assert streamed.done
    assert streamed.usage == answer["usage"]
    short = await client.post("/beta/completions", json={**FIM, "max_tokens": 2})
    assert short.json()["choices"][0]["finish_reason"] == "length"


@pytest.mark.parametrize(
    ("path", "fields", "status"),
    [
        ("/completions", {}, 404),
        ("/beta/completions", {"prompt": None}, 400),
        ("/beta/completions", {"echo": True}, 400),
        ("/beta/completions", {"logprobs": 21}, 400),
    ],
)
async def test_what_is_not_filled_in(client: httpx.AsyncClient, path: str, fields: dict[str, Any], status: int) -> None:
    assert (await client.post(path, json={**FIM, **fields})).status_code == status
