from __future__ import annotations

import json
import math
from typing import Any, cast

import pytest

from conversations.deepseek.errors import InvalidRequest
from conversations.deepseek.messages import (
    CalledFunction,
    ChatMessage,
    FilePart,
    Function,
    ImagePart,
    ImageUrl,
    Part,
    TextPart,
    Tool,
    ToolCall,
)
from conversations.deepseek.request import ChatRequest, Thinking

USER = ChatMessage("user", "Hello")
TOOL = Tool(Function("look_up", "Looks up", {"type": "object"}))
CALL = ToolCall("c1", CalledFunction("look_up", "{}"))
CALLED = ChatMessage("assistant", "", tool_calls=[CALL])
RESULT = ChatMessage("tool", "42", tool_call_id="c1")


def ask(*messages: ChatMessage, **fields: Any) -> ChatRequest:
    return ChatRequest(fields.pop("model", "deepseek-flash"), messages or (USER,), **fields)


def wire(request: ChatRequest, *, stream: bool = True) -> Any:
    return json.loads(request.encode(stream=stream))


def test_the_smallest_request() -> None:
    assert wire(ask(), stream=False) == {
        "model": "deepseek-flash",
        "messages": [{"role": "user", "content": "Hello"}],
        "stream": False,
        "thinking": {"type": "disabled"},
    }


def test_streams_ask_for_usage() -> None:
    assert wire(ask())["stream_options"] == {"include_usage": True}


@pytest.mark.parametrize("effort", ["low", "high", "max"])
def test_thinking_is_explicit_on_every_call(effort: Thinking) -> None:
    assert wire(ask(thinking=effort))["thinking"] == {"type": "enabled"}
    assert wire(ask(thinking=effort))["reasoning_effort"] == effort
    assert "reasoning_effort" not in wire(ask())


def test_all_fields_travel() -> None:
    sent = wire(
        ask(
            ChatMessage("system", "Answer in JSON", name="site"),
            USER,
            max_tokens=7,
            temperature=0.0,
            top_p=0.5,
            frequency_penalty=-2,
            presence_penalty=1.5,
            json_mode=True,
            stop=["a", "b"],
            tools=[TOOL],
            tool_choice="look_up",
            logprobs=True,
            top_logprobs=0,
            user_id="u_1",
        )
    )
    assert sent["messages"][0] == {"role": "system", "content": "Answer in JSON", "name": "site"}
    assert sent["max_tokens"] == 7
    assert sent["temperature"] == 0.0
    assert sent["top_p"] == 0.5
    assert (sent["frequency_penalty"], sent["presence_penalty"]) == (-2, 1.5)
    assert sent["response_format"] == {"type": "json_object"}
    assert sent["stop"] == ["a", "b"]
    assert sent["tools"] == [
        {
            "type": "function",
            "function": {"name": "look_up", "description": "Looks up", "parameters": {"type": "object"}},
        }
    ]
    assert sent["tool_choice"] == {"type": "function", "function": {"name": "look_up"}}
    assert (sent["logprobs"], sent["top_logprobs"], sent["user_id"]) == (True, 0, "u_1")
    assert wire(ask(tools=[TOOL], tool_choice="auto"))["tool_choice"] == "auto"


def test_equal_requests_give_equal_bytes() -> None:
    assert ask(thinking="max").encode(stream=True) == ask(thinking="max").encode(stream=True)


def test_a_prefix_goes_to_the_beta_address() -> None:
    request = ask(USER, ChatMessage("assistant", "Once", reasoning_content="hm", prefix=True))
    assert request.beta
    assert wire(request)["messages"][1] == {
        "role": "assistant",
        "content": "Once",
        "reasoning_content": "hm",
        "prefix": True,
    }
    assert not ask().beta
    assert not ChatRequest("m", ()).beta


def test_strict_tools_go_to_the_beta_address() -> None:
    request = ask(tools=[Tool(Function("a", strict=True))])
    assert request.beta
    assert wire(request)["tools"][0]["function"] == {"name": "a", "strict": True}


def test_parts_and_tool_calls_travel() -> None:
    parts: list[Part] = [
        TextPart("Look"),
        ImagePart(ImageUrl("https://x/y.png", "low")),
        FilePart(file_id="file-api-1"),
    ]
    sent = wire(ask(ChatMessage("user", parts), CALLED, RESULT))["messages"]
    assert sent[0]["content"] == [
        {"type": "text", "text": "Look"},
        {"type": "image_url", "image_url": {"url": "https://x/y.png", "detail": "low"}},
        {"type": "file", "file_id": "file-api-1"},
    ]
    assert sent[1]["tool_calls"] == [
        {"type": "function", "id": "c1", "function": {"name": "look_up", "arguments": "{}"}}
    ]
    assert sent[2] == {"role": "tool", "content": "42", "tool_call_id": "c1"}


def test_reasoning_goes_back_verbatim_and_lost_reasoning_is_stood_in_for() -> None:
    kept = ChatMessage("assistant", "a", reasoning_content=" hm\n")
    lost = ChatMessage("assistant", "b")
    with_tools = wire(ask(USER, kept, USER, lost, USER, tools=[TOOL], thinking="high"))["messages"]
    assert with_tools[1]["reasoning_content"] == " hm\n"
    assert with_tools[3]["reasoning_content"] == " "
    for request in (ask(USER, kept, lost, USER, thinking="high"), ask(USER, kept, lost, USER, tools=[TOOL])):
        messages = wire(request)["messages"]
        assert messages[1]["reasoning_content"] == " hm\n"
        assert "reasoning_content" not in messages[2]


def picture(url: str) -> ChatMessage:
    return ChatMessage("user", [ImagePart(ImageUrl(url))])


def answer(content: Any = "x", **fields: Any) -> ChatMessage:
    return ChatMessage("assistant", content, **fields)


STRICT = Tool(Function("a", parameters={"type": "object", "additionalProperties": False}, strict=True))
DATA_URL = "data:image/png;base64,AAAA"

WRONG: list[tuple[str, ChatRequest]] = [
    ("model", ask(model=" ")),
    ("model", ask(model=cast("str", None))),
    ("thinking", ask(thinking="medium")),
    ("messages", ChatRequest("deepseek-flash", ())),
    ("max_tokens", ask(max_tokens=0)),
    ("max_tokens", ask(max_tokens=393_217)),
    ("max_tokens", ask(max_tokens=1.5)),
    ("max_tokens", ask(max_tokens=True)),
    ("temperature", ask(temperature=-0.1)),
    ("temperature", ask(temperature=2.1)),
    ("temperature", ask(temperature=math.nan)),
    ("temperature", ask(temperature="1")),
    ("top_p", ask(top_p=0)),
    ("top_p", ask(top_p=1.1)),
    ("frequency_penalty", ask(frequency_penalty=2.1)),
    ("presence_penalty", ask(presence_penalty=-2.1)),
    ("presence_penalty", ask(presence_penalty=math.inf)),
    ("stop", ask(stop=["x"] * 17)),
    ("stop", ask(stop=[""])),
    ("stop", ask(stop=[7])),
    ("tools", ask(tools=[Tool(Function("a b"))])),
    ("tools", ask(tools=[Tool(Function("a" * 129))])),
    ("tools", ask(tools=[TOOL, TOOL])),
    ("tools", ask(tools=[TOOL, Tool(Function("b", strict=True))])),
    ("tool_choice", ask(tool_choice="other", tools=[TOOL])),
    ("tool_choice", ask(tool_choice="required")),
    ("tool_choice", ask(tool_choice="required", tools=[TOOL], thinking="low")),
    ("tool_choice", ask(tool_choice="look_up", tools=[TOOL], thinking="low")),
    ("top_logprobs", ask(logprobs=True, top_logprobs=21)),
    ("top_logprobs", ask(top_logprobs=5)),
    ("json_mode", ask(json_mode=True)),
    ("user_id", ask(user_id="")),
    ("user_id", ask(user_id="a@b")),
    ("user_id", ask(user_id="a\n")),
    ("user_id", ask(user_id="a" * 513)),
    ("messages[0].role", ask(ChatMessage(cast("Any", "developer"), "x"))),
    ("messages[0].content", ask(ChatMessage("system", [TextPart("x")]))),
    ("messages[0].content", ask(answer(None))),
    ("messages[0].content", ask(answer(""))),
    ("messages[0].content", ask(ChatMessage("user", []))),
    ("messages[0]", ask(ChatMessage("user", "x", reasoning_content="hm"))),
    ("messages[0].tool_call_id", ask(ChatMessage("tool", "x"))),
    ("messages[0].tool_call_id", ask(ChatMessage("user", "x", tool_call_id="c"))),
    ("messages[0].tool_call_id", ask(RESULT)),
    ("messages[1]", ask(CALLED, USER)),
    ("messages", ask(CALLED)),
    ("messages[0].prefix", ask(answer(prefix=True), USER)),
    ("messages[0].prefix", ask(ChatMessage("user", "x", prefix=True))),
    ("messages[0].content", ask(picture("ftp://x"))),
    ("messages[0].content", ask(picture("https://" + "x" * 8192))),
    ("messages[0].content", ask(picture("data:text/html;base64,AAAA"))),
    ("messages[0].content", ask(ChatMessage("user", [FilePart()]))),
    ("messages[0].content", ask(ChatMessage("user", [FilePart(file_id="a", file_data="b")]))),
    ("tools[1].parameters", ask(tools=[STRICT, Tool(Function("b", parameters={"type": "object"}, strict=True))])),
    ("messages", ask(ChatMessage("user", [FilePart(file_data="A" * 48 * 1024 * 1024)]))),
    ("messages", ask(ChatMessage("user", [ImagePart(ImageUrl(DATA_URL))] * 601))),
    ("messages", ask(ChatMessage("user", "half \ud83d"))),
]


@pytest.mark.parametrize(("field", "request_"), WRONG)
def test_wrong_values_are_named_before_anything_is_sent(field: str, request_: ChatRequest) -> None:
    with pytest.raises(InvalidRequest) as raised:
        request_.encode(stream=True)
    assert raised.value.field == field
    assert raised.value.allowed


@pytest.mark.parametrize(
    "request_",
    [
        ask(max_tokens=1),
        ask(max_tokens=393_216),
        ask(temperature=2, top_p=1),
        ask(stop="x"),
        ask(stop=[]),
        ask(picture(DATA_URL)),
        ask(answer("", prefix=True)),
        ask(CALLED, RESULT, USER, tools=[TOOL], tool_choice="none", thinking="max"),
        ask(ChatMessage("user", [TextPart("as JSON"), FilePart(file_data="AAAA", filename="x.pdf")]), json_mode=True),
        ask(user_id="a" * 512),
        ask(tools=[STRICT, Tool(Function("b", strict=True))]),
    ],
)
def test_the_edges_of_the_ranges_are_allowed(request_: ChatRequest) -> None:
    assert request_.encode(stream=False)


def test_no_repr_shows_what_was_written() -> None:
    shown = repr(
        [
            ask(ChatMessage("user", "private"), ChatMessage("user", [TextPart("private")])),
            TextPart("private"),
            ImageUrl("private"),
            FilePart(file_data="private"),
            CalledFunction("look_up", "private"),
        ]
    )
    assert "private" not in shown
