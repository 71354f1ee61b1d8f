"""The hard cases that the field reports, over real sockets."""

from __future__ import annotations

import asyncio

import pytest

from conversations.deepseek import (
    Clocks,
    EndKind,
    ProtocolLimit,
    RetryPolicy,
)
from tests.deepseek.server import (
    ANSWER,
    DONE,
    FIRST,
    HANG,
    LAST,
    PING,
    Script,
    chunked,
    reply,
    text,
    thought,
)
from tests.deepseek.talking import ASK, collect, connected, end_of, text_in

EMOJI = text("naïve \N{GRINNING FACE}")
CASES: list[tuple[str, Script, str, EndKind]] = [
    (
        "1 a character cut in two",
        [EMOJI[:70], 0.01, EMOJI[70:], LAST + DONE],
        "naïve \N{GRINNING FACE}",
        EndKind.complete,
    ),
    (
        "2 CR and LF in different reads",
        [text("a").replace(b"\n", b"\r\n")[:-3], 0.01, b"\n\r\n" + DONE],
        "a",
        EndKind.complete,
    ),
    (
        "3 separators inside of JSON",
        [text("a\u2028b\u2029c\u0085d") + DONE],
        "a\u2028b\u2029c\u0085d",
        EndKind.complete,
    ),
    (
        "4 several data lines",
        [b'data: {"id":"1","choices":\ndata: [{"delta":{"content":"a"}}]}\n\n' + DONE],
        "a",
        EndKind.complete,
    ),
    ("5 no space after the colon", [text("a").replace(b"data: ", b"data:") + DONE], "a", EndKind.complete),
    ("6 a BOM", [b"\xef\xbb\xbf" + text("a") + DONE], "a", EndKind.complete),
    ("7 comments", [PING + text("a") + PING + DONE], "a", EndKind.complete),
    ("8 comments wrapped as data", [b"data: : keep-alive\n\n" + text("a") + DONE], "a", EndKind.complete),
    ("9 blank lines", [b"\n\n" + PING + b"\n" + text("a") + DONE], "a", EndKind.complete),
    ("12 cut without end marker", [FIRST + text("a")], "a", EndKind.truncated),
    ("13 a line of plain text at the end", [text("a") + b"upstream error\n"], "a", EndKind.truncated),
    (
        "14 no delta",
        [text("a") + b'data: {"id":"1","choices":[{"finish_reason":"stop"}]}\n\n' + DONE],
        "a",
        EndKind.complete,
    ),
    (
        "15 no choices",
        [b'data: {"choices":null,"usage":{"prompt_tokens":1}}\n\n' + text("a") + DONE],
        "a",
        EndKind.complete,
    ),
    ("17 no finish_reason", [text("a") + DONE], "a", EndKind.complete),
    ("20 an error under status 200", [text("a") + b'data: {"error":{"message":"x"}}\n\n'], "a", EndKind.upstream_error),
    ("21 an empty body", [], "", EndKind.empty),
    ("22 a wrapper", [b'data: {"data":{},"success":true}\n\n'], "", EndKind.malformed),
    ("23 a page", [b"<!doctype html>\n<h1>Checking your browser</h1>\n"], "", EndKind.malformed),
    ("29 tool markup in the text", [text("<|DSML|tool_calls>") + LAST + DONE], "<|DSML|tool_calls>", EndKind.complete),
    ("30 reasoning only", [thought("hm") + LAST + DONE], "", EndKind.reasoning_only),
]


@pytest.mark.parametrize(("body", "answer", "kind"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
async def test_hard_cases(body: Script, answer: str, kind: EndKind) -> None:
    async with connected([reply(), *body], retry=RetryPolicy(attempts=1)) as (deepseek, server):
        stream = deepseek.stream(ASK)
        events = await collect(stream)
        assert (text_in(events), end_of(events).kind) == (answer, kind)
        assert len(server.seen) == len(stream.calls) == 1
        assert "<" not in end_of(events).person


async def test_an_empty_answer_is_asked_again() -> None:
    async with connected([reply()], [reply(), FIRST + LAST + DONE], [reply(), ANSWER]) as (deepseek, server):
        assert text_in(await collect(deepseek.stream(ASK))) == "Hello"
        assert len(server.seen) == 3


async def test_a_line_without_end_is_a_protocol_error() -> None:
    flood: Script = [b"x" * (1024 * 1024)] * 5
    async with connected([reply(), text("a"), 0.01, *flood, HANG]) as (deepseek, server):
        events = await collect(deepseek.stream(ASK))
        assert text_in(events) == "a"
        assert isinstance(end_of(events).error, ProtocolLimit)
        await asyncio.wait_for(server.hung_up.wait(), 2)


@pytest.mark.parametrize(
    "head",
    [
        b"nonsense\r\n\r\n",
        b"HTTP/1.1 200 \xff\xfe\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
        b"\x16\x03\x01\x02\x00",
        b"",
    ],
)
async def test_a_reply_that_is_no_http(head: bytes) -> None:
    async with connected([head], retry=RetryPolicy(attempts=1)) as (deepseek, _):
        assert end_of(await collect(deepseek.stream(ASK))).kind in (EndKind.malformed, EndKind.reset)


@pytest.mark.parametrize(
    ("tail", "kind"),
    [
        (b"5\r\nab", EndKind.reset),
        (b"", EndKind.reset),
        (b"zz\r\n", EndKind.stalled),  # aiohttp hangs up without telling its reader; the idle clock ends it
    ],
)
async def test_broken_chunks_keep_the_text(tail: bytes, kind: EndKind) -> None:
    async with connected([*chunked(text("a")), 0.02, tail], clocks=Clocks(idle=0.1)) as (deepseek, _):
        events = await collect(deepseek.stream(ASK))
        assert (text_in(events), end_of(events).kind) == ("a", kind)


async def test_an_error_body_that_never_comes_leaves_the_status() -> None:
    async with connected([reply(401), HANG], clocks=Clocks(idle=0.05)) as (deepseek, _):
        error = end_of(await collect(deepseek.stream(ASK))).error
        assert error is not None
        assert (error.code, error.status) == ("authentication", 401)
