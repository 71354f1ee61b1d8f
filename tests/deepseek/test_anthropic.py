"""The Anthropic format: the same questions, the same events, the same ends."""

from __future__ import annotations

import json
from typing import Any, cast

import pytest

from conversations.deepseek import (
    CalledFunction,
    ChatMessage,
    ChatRequest,
    ContentFilter,
    EmptyAnswer,
    End,
    EndKind,
    Event,
    FilePart,
    FimRequest,
    Function,
    ImagePart,
    ImageUrl,
    InvalidRequest,
    Malformed,
    Overloaded,
    ReasoningDelta,
    RetryPolicy,
    TextDelta,
    TextPart,
    Tool,
    ToolCall,
    UpstreamError,
    Usage,
)
from conversations.deepseek.anthropic_request import encode_messages
from conversations.deepseek.anthropic_stream import MessagesState, message_from_wire
from conversations.deepseek.completion import CompletionState
from conversations.deepseek.plain import Completion
from tests.deepseek import messages_wire as m
from tests.deepseek.recordings import CALLS, flat, play
from tests.deepseek.recordings import OPENAI as OTHER_FORMAT
from tests.deepseek.server import ANSWER, DONE, HANG, LAST, RESET, Script, chunked, data, reply, thought, whole
from tests.deepseek.server import text as chunk_of_text
from tests.deepseek.talking import ASK, KEY, collect, connected, end_of, text_in

USER = ChatMessage("user", "Hello")
TOOL = Tool(Function("look_up", "Looks up", {"type": "object", "properties": {"q": {"type": "integer"}}}))


def sent(*messages: ChatMessage, stream: bool = True, **fields: Any) -> Any:
    return json.loads(
        encode_messages(ChatRequest("deepseek-flash", messages or (USER,), **fields), stream=stream),
    )


def streamed(*pieces: bytes) -> list[Event]:
    return play(MessagesState, *pieces)


# --- requests


def test_the_smallest_request() -> None:
    assert sent(stream=False) == {
        "model": "deepseek-flash",
        "max_tokens": 8192,
        "messages": [{"role": "user", "content": "Hello"}],
        "stream": False,
        "thinking": {"type": "disabled"},
    }


def test_all_fields_travel() -> None:
    wire = sent(
        ChatMessage("system", "Be brief."),
        USER,
        ChatMessage("assistant", "Yes?"),
        ChatMessage("system", "Be kind."),
        USER,
        thinking="max",
        temperature=0.0,
        top_p=0.96,
        stop="a",
        tools=[TOOL, Tool(Function("now"))],
        tool_choice="auto",
        user_id="u_1",
    )
    assert wire["system"] == "Be brief.\n\nBe kind."
    assert [turn["role"] for turn in wire["messages"]] == ["user", "assistant", "user"]
    assert (wire["thinking"], wire["output_config"]) == ({"type": "enabled"}, {"effort": "max"})
    assert (wire["max_tokens"], wire["temperature"], wire["top_p"]) == (131_072, 0.0, 0.96)
    assert wire["stop_sequences"] == ["a"]
    assert sent(stop=["a", "b"], max_tokens=7)["stop_sequences"] == ["a", "b"]
    assert wire["tools"] == [
        {"name": "look_up", "description": "Looks up", "input_schema": TOOL.function.parameters},
        {"name": "now", "input_schema": {"type": "object", "properties": {}}},
    ]
    assert wire["tool_choice"] == {"type": "auto"}
    assert wire["metadata"] == {"user_id": "u_1"}
    assert sent(tools=[TOOL], tool_choice="required")["tool_choice"] == {"type": "any"}
    assert sent(tools=[TOOL], tool_choice="look_up")["tool_choice"] == {"type": "tool", "name": "look_up"}
    assert "tool_choice" not in sent(tool_choice="auto")


def test_reasoning_calls_and_results_go_back() -> None:
    calls = [
        ToolCall("c0", CalledFunction("look_up", '{"q": 1}')),
        ToolCall("c1", CalledFunction("look_up", "nonsense")),
        ToolCall("c2", CalledFunction("look_up", "")),
    ]
    turns = sent(
        USER,
        ChatMessage("assistant", "Wait.", reasoning_content=" hm\n", tool_calls=calls),
        ChatMessage("tool", "42", tool_call_id="c0"),
        ChatMessage("tool", [TextPart("43")], tool_call_id="c1"),
        ChatMessage("tool", "44", tool_call_id="c2"),
        ChatMessage("assistant", "42", reasoning_content=None),
        USER,
        tools=[TOOL],
        thinking="low",
    )["messages"]
    assert [turn["role"] for turn in turns] == ["user", "assistant", "user", "assistant", "user"]
    assert turns[1]["content"] == [
        {"type": "thinking", "thinking": " hm\n", "signature": ""},
        {"type": "text", "text": "Wait."},
        {"type": "tool_use", "id": "c0", "name": "look_up", "input": {"q": 1}},
        {"type": "tool_use", "id": "c1", "name": "look_up", "input": {"arguments": "nonsense"}},
        {"type": "tool_use", "id": "c2", "name": "look_up", "input": {}},
    ]
    assert turns[2]["content"] == [
        {"type": "tool_result", "tool_use_id": "c0", "content": "42"},
        {"type": "tool_result", "tool_use_id": "c1", "content": [{"type": "text", "text": "43"}]},
        {"type": "tool_result", "tool_use_id": "c2", "content": "44"},
    ]
    assert turns[3]["content"][0] == {"type": "thinking", "thinking": " ", "signature": ""}  # it was lost


def test_an_answer_of_one_thing_is_one_block() -> None:
    call = ToolCall("c", CalledFunction("f", "{}"))
    turns = sent(USER, ChatMessage("assistant", "", tool_calls=[call]), ChatMessage("tool", "1", tool_call_id="c"))
    assert [block["type"] for block in turns["messages"][1]["content"]] == ["tool_use"]
    begun = sent(USER, ChatMessage("assistant", "", reasoning_content="hm", prefix=True))
    assert [block["type"] for block in begun["messages"][1]["content"]] == ["thinking"]


def test_images_and_a_prefix_travel() -> None:
    pictures = [ImagePart(ImageUrl("https://x/y.png")), ImagePart(ImageUrl("data:image/PNG;base64,AAAA"))]
    turns = sent(ChatMessage("user", pictures), ChatMessage("assistant", "Once", prefix=True))["messages"]
    assert turns[0]["content"] == [
        {"type": "image", "source": {"type": "url", "url": "https://x/y.png"}},
        {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "AAAA"}},
    ]
    assert turns[1] == {"role": "assistant", "content": "Once"}


@pytest.mark.parametrize(
    ("field", "request_"),
    [
        ("temperature", ChatRequest("m", [USER], temperature=3)),
        ("json_mode", ChatRequest("m", [ChatMessage("user", "json")], json_mode=True)),
        ("logprobs", ChatRequest("m", [USER], logprobs=True)),
        ("tools", ChatRequest("m", [USER], tools=[Tool(Function("a", strict=True))])),
        ("messages", ChatRequest("m", [ChatMessage("system", "Be brief.")])),
        ("messages", ChatRequest("m", [ChatMessage("user", [FilePart(file_id="f")])])),
        ("messages", ChatRequest("m", [ChatMessage("user", "half \ud83d")])),
        ("prompt", FimRequest("m", "def f(")),
    ],
)
async def test_what_the_format_cannot_carry_is_named_before_anything_is_sent(
    field: str, request_: ChatRequest | FimRequest
) -> None:
    async with connected(wire="anthropic") as (deepseek, server):
        with pytest.raises(InvalidRequest) as raised:
            deepseek.stream(request_)
        assert raised.value.field == field
        assert server.connections == 0


# --- streams

SAME: list[tuple[bytes, bytes]] = [
    (m.ANSWER, thought("hm") + chunk_of_text("Hello") + LAST.replace(b'"completion_tokens_details"', b'"x"') + DONE),
    (m.CALLS, b"".join([thought("hm"), CALLS.partition(b"\n\n")[2].replace(b'"completion_tokens_details"', b'"x"')])),
]


@pytest.mark.parametrize(("ours", "other"), SAME, ids=["an answer", "tool calls"])
def test_both_formats_give_the_same_answer(ours: bytes, other: bytes) -> None:
    mine, theirs = streamed(ours), play(CompletionState, other)
    assert end_of(mine) == End(
        kind=end_of(theirs).kind,
        finish_reason=end_of(theirs).finish_reason,
        usage=Usage(17, 5, 12, 9, 0),
        model="deepseek-flash",
        tool_calls=end_of(theirs).tool_calls,
        note=end_of(theirs).note,
    )
    assert end_of(theirs).usage == Usage(17, 5, 12, 9, 0)
    assert texts(mine) == texts(theirs)


def texts(events: list[Event]) -> list[Event | tuple[str, str]]:
    return [item for item in flat(events)[:-1] if isinstance(item, tuple)]


@pytest.mark.parametrize(
    ("reason", "finish_reason", "kind"),
    [
        ("end_turn", "stop", EndKind.complete),
        ("stop_sequence", "stop", EndKind.complete),
        (None, None, EndKind.complete),
        ("max_tokens", "length", EndKind.length),
        ("model_context_window_exceeded", "length", EndKind.length),
        ("refusal", "content_filter", EndKind.content_filter),
        ("content_filter", "content_filter", EndKind.content_filter),
        ("insufficient_system_resource", "insufficient_system_resource", EndKind.out_of_capacity),
        ("aborted", "aborted", EndKind.aborted),
        ("pause_turn", "pause_turn", EndKind.unknown_reason),
        ("\x00", "unreadable", EndKind.unknown_reason),
    ],
)
def test_stop_reasons(reason: str | None, finish_reason: str | None, kind: EndKind) -> None:
    end = end_of(streamed(m.start() + m.text("a") + m.finish(reason) + m.STOP))
    assert (end.finish_reason, end.kind) == (finish_reason, kind)


@pytest.mark.parametrize(
    ("body", "answer", "kind"),
    [
        (m.start() + m.text("a") + m.finish(), "a", EndKind.truncated),
        (m.start() + m.text("a") + m.finish() + DONE, "a", EndKind.truncated),
        (m.start(), "", EndKind.truncated),
        (m.start() + m.finish() + m.STOP, "", EndKind.empty),
        (m.STOP, "", EndKind.empty),
        (b"", "", EndKind.empty),
        (m.start() + m.THOUGHT + m.finish() + m.STOP, "", EndKind.reasoning_only),
        (m.start() + m.text("a") + m.CALL + m.finish("max_tokens") + m.STOP, "a", EndKind.length),
        (m.start() + m.text("a") + m.CALL[:-60], "a", EndKind.truncated),
        (m.start() + m.text("a") + m.event("error", error={"type": "api_error"}), "a", EndKind.upstream_error),
        (m.start() + m.text("a") + data({"error": {"message": "boom"}}), "a", EndKind.upstream_error),
        (m.start() + m.text("a") + data(b"{nonsense") + m.STOP, "a", EndKind.malformed),
        (m.start() + m.text("a") + data({"other": 1}), "a", EndKind.malformed),
        (m.start() + m.text("a") + m.piece(0, "text_delta", text=7), "a", EndKind.malformed),
        (m.start() + m.text("a") + data({"type": ["odd"]}), "a", EndKind.malformed),
        (ANSWER, "", EndKind.malformed),
        (m.STOP + m.text("more"), "", EndKind.empty),
    ],
)
def test_ends_are_told_apart(body: bytes, answer: str, kind: EndKind) -> None:
    events = streamed(body)
    assert (text_in(events), end_of(events).kind) == (answer, kind)
    assert end_of(events).tool_calls == ()


@pytest.mark.parametrize(
    ("type_", "code"),
    [
        ("overloaded_error", "overloaded"),
        ("rate_limit_error", "rate_limited"),
        ("authentication_error", "authentication"),
        ("billing_error", "balance_exhausted"),
        ("permission_error", "forbidden"),
        ("invalid_request_error", "invalid_request"),
        ("request_too_large", "invalid_request"),
        ("api_error", "upstream_error"),
    ],
)
def test_errors_in_the_stream_mean_what_they_mean_as_a_status(type_: str, code: str) -> None:
    end = end_of(streamed(m.start() + m.event("error", error={"type": type_, "message": "Said."})))
    assert end.error is not None
    assert (end.kind, end.error.code) == (EndKind.upstream_error, code)


@pytest.mark.parametrize(
    "odd",
    [
        m.PING,
        b": keep-alive\n\n",
        m.event("something_new", index=3),
        m.begin(4, "server_tool_use", id="s", name="web_search", input={}) + m.arguments('{"q":1}', 4) + m.stop(4),
        m.begin(5, "redacted_thinking", data="x") + m.stop(5),
        m.begin(6, "compaction", text="of earlier turns") + m.piece(6, "compaction_delta", text="more") + m.stop(6),
        m.piece(0, "signature_delta", signature="x"),
        m.event("message_delta", usage={"output_tokens": None}),
        m.event("message_delta", delta={}, usage={}),
        m.event("message_start"),
        m.event("content_block_start"),
        m.event("content_block_delta"),
    ],
)
def test_odd_events_that_mean_nothing(odd: bytes) -> None:
    plain = m.start() + m.text("a") + m.finish() + m.STOP
    assert flat(streamed(m.start() + odd + m.text("a") + odd + m.finish() + odd + m.STOP)) == flat(streamed(plain))


def test_an_event_may_say_what_it_is_by_name_alone() -> None:
    bare = b'event: content_block_delta\ndata: {"index":0,"delta":{"text":"a"}}\n\n'
    assert text_in(streamed(m.start() + bare + m.STOP)) == "a"


def test_bytes_and_escapes_that_are_hard_to_decode() -> None:
    half = b'data: {"type":"content_block_delta","delta":{"text":"%b"}}\n\n'
    assert text_in(streamed(half % b"a\\ud83d" + half % b"\\ude00b" + half % b"\xff" + m.STOP)) == (
        "a\N{GRINNING FACE}b\ufffd"
    )
    assert end_of(streamed(data(b'{"type":' + b"[" * 100_000))).kind is EndKind.malformed


def test_calls_without_an_index_or_with_their_whole_input_at_once() -> None:
    calls = b"".join(
        m.event("content_block_start", content_block={"type": "tool_use", "id": name, "name": name, "input": {"q": 1}})
        + m.event("content_block_stop")
        for name in ("a", "b", "c")
    )
    found = end_of(streamed(m.start() + calls + m.finish("tool_use") + m.STOP)).tool_calls
    assert [(call.id, json.loads(call.function.arguments)) for call in found] == [
        ("a", {"q": 1}),
        ("b", {"q": 1}),
        ("c", {"q": 1}),
    ]


def test_the_counts_of_the_end_complete_those_of_the_beginning() -> None:
    assert end_of(streamed(m.start() + m.text("a") + m.STOP)).usage == Usage(17, 5, 12, 0, 0)
    late = m.finish(usage={"input_tokens": 1, "cache_read_input_tokens": 2, "output_tokens": 3})
    assert end_of(streamed(m.start(cast("Any", "odd")) + m.text("a") + late + m.STOP)).usage == Usage(3, 2, 1, 3, 0)
    odd = m.finish(usage={"input_tokens": "x", "output_tokens": -1})
    assert end_of(streamed(m.start({"input_tokens": -5}) + m.text("a") + odd + m.STOP)).usage == Usage()
    assert end_of(streamed(m.text("a") + m.STOP)).usage is None


# --- plain answers


def message(*blocks: object, reason: str | None = "end_turn", **more: object) -> bytes:
    head = {"id": "m1", "type": "message", "role": "assistant", "model": "deepseek-flash"}
    return json.dumps(
        {**head, "content": blocks, "stop_reason": reason, "usage": {**m.INPUT, **m.OUTPUT}, **more}
    ).encode()


BLOCKS = ({"type": "thinking", "thinking": "hm"}, {"type": "text", "text": "Hel"}, {"type": "text", "text": "lo"})


def read(body: bytes) -> tuple[Completion, UpstreamError | None]:
    return message_from_wire(body, [])


def test_a_plain_answer() -> None:
    completion, error = read(b"\n\n" + message(*BLOCKS))
    assert error is None
    assert (completion.text, completion.reasoning, completion.finish_reason) == ("Hello", "hm", "stop")
    assert (completion.model, completion.upstream_id, completion.usage) == (
        "deepseek-flash",
        "m1",
        Usage(17, 5, 12, 9, 0),
    )
    assert read(message(*BLOCKS, usage=None))[0].usage is None


def test_plain_tool_calls() -> None:
    blocks = [{"type": "tool_use", "id": "c", "name": "f", "input": value} for value in ({"q": 1}, {}, None)]
    completion, error = read(message(*blocks, reason="tool_use"))
    assert (error, completion.kind) == (None, EndKind.tool_calls)
    assert [json.loads(call.function.arguments) for call in completion.tool_calls] == [{"q": 1}, {}, {}]


def test_plain_answers_that_did_not_end_well() -> None:
    assert isinstance(read(message(*BLOCKS, reason="refusal"))[1], ContentFilter)
    assert isinstance(read(message())[1], EmptyAnswer)


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (b" ", EmptyAnswer),
        (message(*BLOCKS)[:-20], EmptyAnswer),
        (b"<html></html>", Malformed),
        (b"{}", Malformed),
        (message({"type": "text", "text": 7}), Malformed),
        (b'{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}', Overloaded),
    ],
)
def test_bodies_without_an_answer(body: bytes, error: type[UpstreamError]) -> None:
    with pytest.raises(error):
        read(body)


# --- over sockets


async def test_the_caller_sees_no_difference() -> None:
    async with connected([reply(), m.ANSWER], whole(200, message(*BLOCKS)), wire="anthropic") as (deepseek, server):
        stream = deepseek.stream(ASK)
        events = await collect(stream)
        assert flat(events)[:2] == [("ReasoningDelta", "hm"), ("TextDelta", "Hello")]
        assert end_of(events).kind is EndKind.complete
        (record,) = stream.calls
        assert (record.finish_reason, record.usage, record.upstream_id) == ("stop", Usage(17, 5, 12, 9, 0), "m1")
        completion = await deepseek.complete(ASK)
        assert (completion.text, completion.calls[0].usage) == ("Hello", Usage(17, 5, 12, 9, 0))
        for seen, streams in zip(server.seen, (True, False), strict=True):
            assert seen.line == "POST /v1/messages HTTP/1.1"
            assert (seen.headers["x-api-key"], seen.headers["anthropic-version"]) == (KEY, "2023-06-01")
            assert "authorization" not in seen.headers
            assert seen.json["stream"] is streams


async def test_the_account_is_asked_in_its_own_way() -> None:
    async with connected(whole(200, {"data": [{"id": "deepseek-flash"}]}), wire="anthropic") as (deepseek, server):
        await deepseek.models()
        assert server.seen[0].headers["authorization"] == f"Bearer {KEY}"


async def test_failures_are_asked_again_and_text_is_never_shown_twice() -> None:
    busy = whole(529, {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}})
    early: Script = [reply(), m.start() + m.event("error", error={"type": "overloaded_error", "message": "Overloaded"})]
    async with connected(busy, early, [reply(), m.ANSWER], wire="anthropic") as (deepseek, server):
        events = await collect(deepseek.stream(ASK))
        assert (text_in(events), len(server.seen)) == ("Hello", 3)
    async with connected(chunked(m.start() + m.THOUGHT, 0.02, RESET), wire="anthropic") as (deepseek, server):
        events = await collect(deepseek.stream(ASK))
        assert events[0] == ReasoningDelta("hm")
        assert (end_of(events).kind, len(server.seen)) == (EndKind.reset, 1)


async def test_a_stopped_answer_hangs_up() -> None:
    async with connected([reply(), m.start() + m.text("a"), HANG], wire="anthropic") as (deepseek, server):
        async with deepseek.stream(ASK) as stream:
            assert await anext(stream) == [TextDelta("a")]
        assert stream.calls[0].closed_early
        assert len(server.seen) == 1


async def test_an_upstream_of_the_other_format_is_a_clear_error() -> None:
    body = OTHER_FORMAT["an answer"]
    async with connected([reply(), body], wire="anthropic", retry=RetryPolicy(attempts=1)) as (deepseek, _):
        assert end_of(await collect(deepseek.stream(ASK))).kind is EndKind.malformed
    async with connected([reply(), m.ANSWER], retry=RetryPolicy(attempts=1)) as (deepseek, _):
        assert end_of(await collect(deepseek.stream(ASK))).kind is EndKind.malformed
