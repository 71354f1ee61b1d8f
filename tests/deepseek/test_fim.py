"""Fill in the middle, and log-probabilities."""

from __future__ import annotations

import json
from typing import Any, cast

import pytest

from conversations.deepseek import (
    ChatRequest,
    EndKind,
    FimRequest,
    InvalidRequest,
    Logprobs,
    LogprobsDelta,
    TextDelta,
    TokenLogprob,
    TopLogprob,
    Usage,
)
from conversations.deepseek.logprobs import OUTSIDE, logprobs_from_wire
from tests.deepseek.recordings import figured, filled
from tests.deepseek.server import DONE, LAST, USAGE, data, reply, text, whole
from tests.deepseek.talking import ASK, BUSY, collect, connected, end_of, text_in

FIM = FimRequest("deepseek-flash", "def f(", "return x")
FIGURE = TokenLogprob("a", -0.5, (97,), (TopLogprob("a", -0.5),))


def test_all_fields_travel() -> None:
    wire = json.loads(
        FimRequest("m", "a", "b", logprobs=0, max_tokens=9, stop=["c"], temperature=0.0, top_p=1.0).encode(stream=True)
    )
    assert wire == {
        "model": "m",
        "prompt": "a",
        "suffix": "b",
        "stream": True,
        "stream_options": {"include_usage": True},
        "logprobs": 0,
        "max_tokens": 9,
        "stop": ["c"],
        "temperature": 0.0,
        "top_p": 1.0,
    }
    assert json.loads(FimRequest("m", "a", echo=True).encode(stream=False)) == {
        "model": "m",
        "prompt": "a",
        "stream": False,
        "echo": True,
    }
    assert "def" not in repr(FIM)


@pytest.mark.parametrize(
    ("field", "fields"),
    [
        ("model", {"model": ""}),
        ("prompt", {"prompt": None}),
        ("prompt", {"prompt": "half \ud83d"}),
        ("suffix", {"suffix": 7}),
        ("echo", {"suffix": "x", "echo": True}),
        ("echo", {"logprobs": 0, "echo": True}),
        ("logprobs", {"logprobs": 21}),
        ("max_tokens", {"max_tokens": 4097}),
        ("stop", {"stop": ["x"] * 17}),
        ("temperature", {"temperature": 3}),
        ("top_p", {"top_p": 0}),
    ],
)
def test_wrong_values_are_named(field: str, fields: dict[str, Any]) -> None:
    with pytest.raises(InvalidRequest) as raised:
        FimRequest(**cast("Any", {"model": "m", "prompt": "x", **fields})).encode(stream=True)
    assert raised.value.field == field


async def test_a_streamed_completion() -> None:
    body = filled("a") + filled("b", "length") + data({"id": "a1", "choices": [], "usage": USAGE}) + DONE
    async with connected(list(BUSY), [reply(), body]) as (deepseek, server):
        stream = deepseek.stream(FIM)
        events = await collect(stream)
        assert text_in(events) == "ab"
        assert (end_of(events).kind, end_of(events).usage) == (EndKind.length, Usage(17, 5, 12, 9, 4))
        assert server.seen[0].line == "POST /beta/completions HTTP/1.1"
        assert len(stream.calls) == 2


async def test_a_plain_completion() -> None:
    figures = {"tokens": ["a"], "token_logprobs": [-0.5], "top_logprobs": [{"a": -0.5}], "text_offset": [0]}
    choice = {"index": 0, "text": "a", "logprobs": figures, "finish_reason": "stop"}
    async with connected(whole(200, {"id": "a1", "choices": [choice], "usage": USAGE})) as (deepseek, _):
        completion = await deepseek.complete(FIM)
        assert (completion.text, completion.kind) == ("a", EndKind.complete)
        assert completion.logprobs == Logprobs((TokenLogprob("a", -0.5, None, (TopLogprob("a", -0.5),)),))


async def test_log_probabilities_come_only_when_they_are_asked_for() -> None:
    body = figured("a") + text("b") + figured("c") + LAST + DONE
    asking = ChatRequest("deepseek-flash", ASK.messages, logprobs=True, top_logprobs=1)
    async with connected([reply(), body], [reply(), body]) as (deepseek, _):
        *events, end = await collect(deepseek.stream(asking))
        figures = LogprobsDelta(Logprobs((FIGURE,)))
        assert events == [TextDelta("a"), figures, TextDelta("bc"), figures]
        assert "'a'" not in repr(figures) + repr(FIGURE)
        assert [type(event) for event in await collect(deepseek.stream(ASK))] == [TextDelta, type(end)]


@pytest.mark.parametrize(
    ("wire", "logprobs"),
    [
        (None, None),
        ("odd", None),
        ({}, None),
        ({"content": [], "reasoning_content": None}, None),
        ({"content": [{"token": 7}]}, None),
        ({"tokens": 7}, None),
        ({"tokens": []}, None),
        (
            {"reasoning_content": [{"token": "\ud83d", "logprob": OUTSIDE, "bytes": None, "top_logprobs": []}]},
            Logprobs((), (TokenLogprob("\ufffd", OUTSIDE),)),
        ),
        (
            {"tokens": ["a", "b"], "token_logprobs": [None]},
            Logprobs((TokenLogprob("a", OUTSIDE), TokenLogprob("b", OUTSIDE))),
        ),
        ({"content": [{"token": "a", "logprob": -1, "top_logprobs": [], "\ud83d": 1}]}, None),
    ],
)
def test_shapes_of_log_probabilities(wire: object, logprobs: Logprobs | None) -> None:
    assert logprobs_from_wire(wire) == logprobs


async def test_unreadable_figures_do_not_cost_the_answer() -> None:
    odd = data({"id": "a1", "choices": [{"index": 0, "delta": {"content": "a"}, "logprobs": 7}]})
    async with connected([reply(), odd + LAST + DONE]) as (deepseek, _):
        events = await collect(deepseek.stream(ChatRequest("deepseek-flash", ASK.messages, logprobs=True)))
        assert (text_in(events), end_of(events).kind) == ("a", EndKind.complete)
