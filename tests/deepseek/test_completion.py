from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conversations.deepseek import completion, tool_calls
from conversations.deepseek.completion import CompletionState
from conversations.deepseek.ends import EndKind
from conversations.deepseek.errors import (
    Authentication,
    ConnectionReset,
    ErrorInStream,
    Moderation,
    Overloaded,
    ProtocolLimit,
    RateLimited,
    RequestRefused,
    UpstreamError,
)
from conversations.deepseek.events import End, Event, ReasoningDelta, TextDelta, ToolCallDelta
from conversations.deepseek.sse import SSEParser
from conversations.deepseek.think_tags import ThinkTags
from conversations.deepseek.usage import Usage
from tests.deepseek.server import ANSWER, DONE, FIRST, LAST, PING, USAGE, chunk, data, text, thought


def play(*pieces: bytes, think_tags: ThinkTags = ThinkTags.NONE) -> list[Event]:
    """The events of a body that comes in `pieces` and ends."""
    parser, state = SSEParser(), CompletionState(think_tags)
    events: list[Event] = []
    for piece in pieces:
        events += state.receive(parser.feed(piece))
    if state.ended is None:
        events += state.body_ended(parser.finish(), bytes(parser.stray))
    return events


def end_of(events: list[Event]) -> End:
    *others, last = events
    assert isinstance(last, End)
    assert not any(isinstance(event, End) for event in others)
    return last


def text_in(events: list[Event]) -> str:
    return "".join(event.text for event in events if isinstance(event, TextDelta))


def reasoning_in(events: list[Event]) -> str:
    return "".join(event.text for event in events if isinstance(event, ReasoningDelta))


def test_a_recorded_answer_without_thinking() -> None:
    events = play(ANSWER)
    assert events[0] == TextDelta("Hello")
    assert end_of(events) == End(
        kind=EndKind.complete,
        finish_reason="stop",
        usage=Usage(17, 5, 12, 9, 4),
        model="deepseek-flash",
    )
    assert end_of(events).person == ""
    assert end_of(events).log == "complete"


def test_a_recorded_answer_with_thinking() -> None:
    first = chunk({"role": "assistant", "content": None, "reasoning_content": ""})
    events = play(
        first + thought("Let me ") + thought("see."), chunk({"content": "Yes", "reasoning_content": None}), LAST, DONE
    )
    assert events[:2] == [ReasoningDelta("Let me see."), TextDelta("Yes")]
    assert end_of(events).kind is EndKind.complete


def test_neighbours_merge_and_order_is_kept() -> None:
    events = play(text("a") + text("b") + thought("c") + text("d") + LAST + DONE)
    assert events[:3] == [TextDelta("ab"), ReasoningDelta("c"), TextDelta("d")]


def test_an_empty_reasoning_shows_nothing() -> None:
    parser, state = SSEParser(), CompletionState()
    assert state.receive(parser.feed(chunk({"role": "assistant", "content": None, "reasoning_content": ""}))) == []
    assert not state.visible


@pytest.mark.parametrize("name", ["reasoning_content", "reasoning", "thinking"])
def test_reasoning_has_three_names(name: str) -> None:
    assert play(chunk({name: "hm"}) + text("x") + DONE)[:2] == [ReasoningDelta("hm"), TextDelta("x")]


def test_the_same_reasoning_under_two_names_is_taken_once() -> None:
    assert reasoning_in(play(chunk({"reasoning": "hm", "reasoning_content": "hm"}) + DONE)) == "hm"


def test_content_as_a_list_of_parts() -> None:
    parts = [{"type": "text", "text": "a"}, {"type": "text", "text": None}, "odd"]
    assert text_in(play(chunk({"content": parts}) + DONE)) == "a"


@pytest.mark.parametrize(
    "odd",
    [
        data({"id": "a1", "choices": [{"index": 0, "finish_reason": "stop"}]}),  # no delta
        data({"id": "a1", "choices": [], "usage": USAGE}),
        data({"choices": None, "usage": USAGE}),
        data({"id": "a1"}),
        data({"id": "a1", "choices": [{"index": 1, "delta": {"content": "other answer"}}]}),
        chunk({"role": None, "content": None}),
        chunk(None, None, {}),
        chunk(None, None, "nonsense"),
        data(b""),
        data(b": keep-alive"),
        PING,
        b"event: x\n\n",
    ],
)
def test_odd_chunks_that_mean_nothing(odd: bytes) -> None:
    assert text_in(play(odd + text("a") + odd + LAST + odd + DONE)) == "a"
    assert end_of(play(odd + text("a") + odd + LAST + odd + DONE)).kind is EndKind.complete


def test_usage_may_come_in_a_chunk_of_its_own() -> None:
    events = play(text("a") + chunk({}, "stop") + data({"id": "a1", "choices": [], "usage": USAGE}) + DONE)
    assert end_of(events).usage == Usage(17, 5, 12, 9, 4)


def test_text_beside_the_finish_reason_counts() -> None:
    assert text_in(play(chunk({"content": "a"}, "stop") + DONE)) == "a"


def test_what_follows_the_end_marker_is_ignored() -> None:
    assert play(ANSWER + text("more") + DONE) == play(ANSWER)
    assert play(ANSWER, text("more")) == play(ANSWER)


def test_no_finish_reason_at_all_is_a_stop() -> None:
    end = end_of(play(text("a") + DONE))
    assert (end.kind, end.finish_reason) == (EndKind.complete, None)


@pytest.mark.parametrize("tail", [b"data: [DONE]", b"data: [DONE]\n", b"data:[DONE]\n\n", b"data:  [DONE] \r\n\r\n"])
def test_ways_to_write_the_end_marker(tail: bytes) -> None:
    assert end_of(play(text("a") + LAST + tail)).kind is EndKind.complete


FINISHES = [
    ("stop", "x", EndKind.complete, None),
    ("length", "x", EndKind.length, None),
    ("content_filter", "x", EndKind.content_filter, "content_filter"),
    ("content_filter", "", EndKind.content_filter, "content_filter"),
    ("insufficient_system_resource", "x", EndKind.out_of_capacity, "out_of_capacity"),
    ("aborted", "x", EndKind.aborted, "aborted"),
    ("eos_token", "x", EndKind.unknown_reason, "unknown_reason"),
    ("stop", "", EndKind.empty, "empty"),
    ("tool_calls", "", EndKind.empty, "empty"),
]


@pytest.mark.parametrize(("reason", "answer", "kind", "code"), FINISHES)
def test_finish_reasons(reason: str, answer: str, kind: EndKind, code: str | None) -> None:
    end = end_of(play(text(answer) + chunk({}, reason, USAGE) + DONE))
    assert (end.kind, end.finish_reason) == (kind, reason)
    assert (end.error.code if end.error else None) == code
    if end.error is not None:
        assert end.error.partial is bool(answer)
        assert ("What had been written so far is kept" in end.person) is bool(answer)
        assert end.log.startswith(end.error.code)


def test_an_unknown_reason_is_named_to_the_person() -> None:
    assert "eos_token" in end_of(play(text("x") + chunk({}, "eos_token") + DONE)).person
    assert end_of(play(text("x") + chunk({}, "\x00" * 3) + DONE)).finish_reason == "unreadable"


def test_the_length_limit_tells_what_to_do() -> None:
    assert "continue it" in end_of(play(text("x") + chunk({}, "length") + DONE)).person
    assert "lower the effort" in end_of(play(thought("x") + chunk({}, "length") + DONE)).person


def test_reasoning_without_an_answer() -> None:
    end = end_of(play(thought("hm") + LAST + DONE))
    assert end.kind is EndKind.reasoning_only


CUTS = [
    (text("a"), EndKind.truncated, "a"),
    (text("a") + LAST, EndKind.truncated, "a"),
    (FIRST, EndKind.truncated, ""),
    (text("a") + text("b")[:-30], EndKind.truncated, "a"),
    (text("a") + text("b")[:-1], EndKind.truncated, "ab"),
    (text("a") + b"upstream connect error\n", EndKind.truncated, "a"),
    (b"", EndKind.empty, ""),
    (PING, EndKind.empty, ""),
    (b"<html>Please wait</html>", EndKind.malformed, ""),
    (b'{"data":{"choices":[]},"success":true}', EndKind.malformed, ""),
    (b'{"error":{"message":"Service is too busy."}}', EndKind.upstream_error, ""),
]


@pytest.mark.parametrize(("body", "kind", "answer"), CUTS)
def test_bodies_without_an_end_marker(body: bytes, kind: EndKind, answer: str) -> None:
    events = play(body)
    assert end_of(events).kind is kind
    assert text_in(events) == answer


@pytest.mark.parametrize(
    "bad", [b"{", b"nonsense", b"[1]", b'"x"', b"1", b"{}", b'{"data":{"choices":[]}}', b"\xff", b"{\xff}"]
)
def test_a_malformed_line_keeps_the_text_before_it(bad: bytes) -> None:
    events = play(text("a") + data(bad) + text("b") + DONE)
    assert text_in(events) == "a"
    end = end_of(events)
    assert end.kind is EndKind.malformed
    assert end.error is not None
    assert end.error.partial


@pytest.mark.parametrize(
    "bad", [{"content": 7}, {"content": "a", "tool_calls": 3}, {"tool_calls": [{"function": {"arguments": 3}}]}]
)
def test_values_of_another_type_are_malformed(bad: dict[str, Any]) -> None:
    assert end_of(play(chunk(bad) + DONE)).kind is EndKind.malformed


def test_deep_nesting_and_huge_numbers_are_malformed() -> None:
    assert end_of(play(data(b'{"id":' + b"[" * 100_000))).kind is EndKind.malformed
    assert end_of(play(data(b'{"id":' + b"9" * 5_000 + b"}"))).kind is EndKind.malformed


ERRORS: list[tuple[bytes, type[UpstreamError]]] = [
    (data({"error": {"message": "boom", "type": "server_error", "code": "x"}}), ErrorInStream),
    (data({"error": "boom"}), ErrorInStream),
    (data({"error": True}), ErrorInStream),
    (b"event: error\n" + data({"message": "boom"}), ErrorInStream),
    (b"event: error\n" + data(b"boom"), ErrorInStream),
    (data({"error": {"message": "Content Exists Risk"}}), Moderation),
    (data({"error": {"message": "Rate limit reached"}}), RateLimited),
    (data({"error": {"message": "no", "type": "authentication_error"}}), Authentication),
    (data({"error": {"message": "no", "type": "invalid_request_error"}}), RequestRefused),
    (data({"error": {"message": "Service is too busy."}}), Overloaded),
]


@pytest.mark.parametrize(("body", "error"), ERRORS)
def test_errors_inside_the_stream(body: bytes, error: type[UpstreamError]) -> None:
    events = play(text("a") + body + text("b") + DONE)
    end = end_of(events)
    assert text_in(events) == "a"
    assert end.kind is EndKind.upstream_error
    assert type(end.error) is error
    assert end.error.partial


def test_falsy_errors_are_none() -> None:
    assert (
        end_of(play(chunk({"content": "a"}, error=None) + chunk({}, "stop", error="") + DONE)).kind is EndKind.complete
    )


def test_fail_gives_out_what_is_held_and_ends_once() -> None:
    state = CompletionState()
    state.receive(SSEParser().feed(data(b'{"id":"1","choices":[{"delta":{"content":"a\\ud83d"}}]}')))
    events = state.fail(ConnectionReset())
    assert events[0] == TextDelta("\N{REPLACEMENT CHARACTER}")
    assert end_of(events).kind is EndKind.reset
    assert state.fail(ConnectionReset()) == []


# --- text that is hard to decode


def test_halves_of_a_surrogate_pair_in_two_chunks_join() -> None:
    half = '{"choices":[{"delta":{"content":"%s"}}]}'
    body = data((half % "a\\ud83d").encode()) + data((half % "\\ude00b").encode()) + DONE
    assert text_in(play(body)) == "a\N{GRINNING FACE}b"


def test_a_lone_surrogate_is_replaced() -> None:
    assert text_in(play(data(b'{"choices":[{"delta":{"content":"a\\ude00b\\ud83d"}}]}') + DONE)) == "a\ufffdb\ufffd"


def test_nul_stays_and_bytes_that_are_no_utf8_are_replaced() -> None:
    assert text_in(play(data(b'{"choices":[{"delta":{"content":"a\\u0000b"}}]}') + DONE)) == "a\0b"
    assert text_in(play(data(b'{"choices":[{"delta":{"content":"a\xffb"}}]}') + DONE)) == "a\ufffdb"


# --- tool calls


def call_piece(index: int | None, arguments: object = None, **more: object) -> bytes:
    piece: dict[str, object] = {
        "function": {"arguments": arguments, **({"name": more.pop("name")} if "name" in more else {})}
    }
    return chunk({"tool_calls": [{**piece, **({} if index is None else {"index": index}), **more}]})


def test_parallel_tool_calls_merge_by_index() -> None:
    events = play(
        thought("hm"),
        call_piece(1, "", id="c1", name="b") + call_piece(0, "", id="c0", name="a"),
        call_piece(0, '{"q"') + call_piece(1, "{}") + call_piece(0, ":1}", id="", name=""),
        chunk({"content": "", "reasoning_content": None}, "tool_calls", USAGE) + DONE,
    )
    deltas = [event for event in events if isinstance(event, ToolCallDelta)]
    assert deltas[0] == ToolCallDelta(1, "c1", "b", "")
    assert deltas[-1] == ToolCallDelta(0, "", "", ":1}")
    end = end_of(events)
    assert end.kind is EndKind.tool_calls
    assert [(call.id, call.function.name, call.function.arguments) for call in end.tool_calls] == [
        ("c0", "a", '{"q":1}'),
        ("c1", "b", "{}"),
    ]
    assert "tools" in end.person


def test_arguments_may_be_an_object_and_the_index_may_be_missing() -> None:
    end = end_of(play(call_piece(None, {"q": 1}, id="c", name="a") + chunk({}, "tool_calls") + DONE))
    assert json.loads(end.tool_calls[0].function.arguments) == {"q": 1}
    bare = chunk({"tool_calls": [{"id": 7}, {"function": {}}]}) + chunk({}, "tool_calls") + DONE
    assert end_of(play(bare)).tool_calls == ()


@pytest.mark.parametrize("finish", [chunk({}, "stop"), chunk({}, "length"), b""])
def test_calls_are_only_given_out_after_their_own_finish_reason(finish: bytes) -> None:
    assert end_of(play(call_piece(0, '{"q"', id="c", name="a") + finish + DONE)).tool_calls == ()


def test_a_cut_inside_of_arguments_gives_no_call() -> None:
    end = end_of(play(call_piece(0, '{"q"', id="c", name="a")))
    assert (end.kind, end.tool_calls) == (EndKind.truncated, ())


def test_too_many_calls_are_a_protocol_error() -> None:
    flood = b"".join(call_piece(index, "") for index in range(tool_calls.MAX_CALLS + 1))
    assert isinstance(end_of(play(flood)).error, ProtocolLimit)
    flood = b"".join(call_piece(index, "") for index in range(tool_calls.MAX_CALLS))
    assert end_of(play(flood + call_piece(9999, "")[:-1])).kind is EndKind.truncated


def test_an_answer_beyond_the_limit_is_a_protocol_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(completion, "MAX_ANSWER", 10)
    events = play(text("12345") + text("67890"), text("ü"), text("x") + DONE)
    assert text_in(events) == "1234567890ü"
    assert isinstance(end_of(events).error, ProtocolLimit)
    events = play(text("12345678901") + call_piece(0, "x", id="c", name="a"))
    assert isinstance(end_of(events).error, ProtocolLimit)
    events = play(text("12345678901") + thought("x") + text("y") + DONE)
    assert isinstance(end_of(events).error, ProtocolLimit)
    assert isinstance(end_of(play(call_piece(0, "12345678901", id="c", name="a") + DONE)).error, ProtocolLimit)


# --- <think> tags


@pytest.mark.parametrize(
    ("tags", "answer", "reasoning", "shown"),
    [
        (ThinkTags.NONE, "<think>a</think>b", "", "<think>a</think>b"),
        (ThinkTags.TAGGED, "<think>a</think>b", "a", "b"),
        (ThinkTags.TAGGED, "\n <think>a</think>b</think>c", "a", "b</think>c"),
        (ThinkTags.TAGGED, "<thin", "", "<thin"),
        (ThinkTags.TAGGED, "no <think>a</think>", "", "no <think>a</think>"),
        (ThinkTags.TAGGED, "<think>a</thi", "a</thi", ""),
        (ThinkTags.TAGGED, "<think></think>b", "", "b"),
        (ThinkTags.OPENED, "a</think>b", "a", "b"),
        (ThinkTags.OPENED, "a</b></think>", "a</b>", ""),
    ],
)
def test_think_tags_cut_anywhere(tags: ThinkTags, answer: str, reasoning: str, shown: str) -> None:
    for size in range(1, len(answer) + 1):
        pieces = [text(answer[at : at + size]) for at in range(0, len(answer), size)]
        events = play(b"".join(pieces) + LAST + DONE, think_tags=tags)
        assert (reasoning_in(events), text_in(events)) == (reasoning, shown)


# --- properties


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(max_size=3),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(
                    [
                        "choices",
                        "delta",
                        "content",
                        "tool_calls",
                        "function",
                        "usage",
                        "error",
                        "id",
                        "index",
                        "finish_reason",
                    ]
                ),
                inner,
                max_size=4,
            )
        ),
        max_leaves=12,
    )
)
def test_any_json_ends_in_one_end(value: object) -> None:
    end_of(play(data(value) + text("a") + DONE))


def test_no_repr_of_an_event_shows_its_text() -> None:
    events = [TextDelta("private"), ReasoningDelta("private"), ToolCallDelta(0, "c", "look_up", "private")]
    assert "private" not in repr(events)
