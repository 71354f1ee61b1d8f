"""The hard cases that the field reports, over real sockets: events, number of calls and their spacing.

The numbers are those of the table of hard cases in the wire reference; every row has at least one case.
"""

from __future__ import annotations

import asyncio
import gzip
import itertools
from dataclasses import dataclass, field
from typing import Any

import pytest

from conversations.deepseek import (
    ChatMessage,
    ChatRequest,
    Clocks,
    EndKind,
    Event,
    Function,
    ProtocolLimit,
    ReasoningDelta,
    RetryPolicy,
    RetryScheduled,
    ThinkTags,
    Tool,
    Usage,
)
from tests.deepseek.recordings import call
from tests.deepseek.server import (
    ANSWER,
    DONE,
    FIRST,
    HANG,
    LAST,
    PING,
    RESET,
    USAGE,
    Script,
    chunk,
    chunked,
    data,
    every,
    reply,
    text,
    thought,
    whole,
)
from tests.deepseek.talking import ASK, collect, connected, end_of, text_in

PAUSE = 0.06  # seconds before a further call
RAW = 'data: {"id":"a1","choices":[{"delta":{"content":"naïve \N{GRINNING FACE}"}}]}\n\n'.encode()
TOOL = Tool(Function("look_up"))
PAGE = b"<!doctype html>\n<html><script>go()</script><h1>Checking your browser</h1></html>\n"
BALANCE = {"error": {"message": "Insufficient Balance", "type": "unknown_error", "code": "invalid_request_error"}}
RISK = {"error": {"message": "Content Exists Risk", "type": "invalid_request_error"}}
RETIRED = {
    "error": {
        "message": "The supported API model names are deepseek-flash, deepseek-v4-pro, but you passed deepseek-chat."
    }
}


@dataclass(frozen=True)
class Case:
    """What comes (one script a call), and what is made of it."""

    name: str
    scripts: tuple[Script, ...]
    text: str
    kind: EndKind
    reasoning: str = ""
    code: str | None = None
    clocks: Clocks = field(default_factory=Clocks)
    think_tags: ThinkTags = ThinkTags.NONE
    usage: Usage | None = None

    def __str__(self) -> str:
        return self.name


def case(name: str, *body: bytes | float | Any, text: str = "a", kind: str = "complete", **more: Any) -> Case:
    """A case of one call with status 200, `body` in the pieces in which it is sent."""
    return Case(name, ([reply(), *body],), text, EndKind(kind), **more)


def calls(name: str, *scripts: Script, text: str = "Hello", kind: str = "complete", **more: Any) -> Case:
    """A case of several calls."""
    return Case(name, scripts, text, EndKind(kind), **more)


def cut(body: bytes, *places: int) -> list[bytes | float]:
    """`body` in reads of their own."""
    edges = [0, *places, len(body)]
    return [piece for at, to in itertools.pairwise(edges) for piece in (body[at:to], 0.01)]


A = text("a")
COUNTED = Usage(17, 5, 12, 9, 4)
CRLF = (A + DONE).replace(b"\n", b"\r\n")
MARK = RAW.index(b"\xf0")
GLYPH = "naïve \N{GRINNING FACE}"
CASES = [
    case("1 a character in two reads", *cut(RAW + DONE, MARK + 1, MARK + 3), text=GLYPH),
    case("2 CRLF in different reads", *cut(CRLF, CRLF.index(b"\r") + 1, CRLF.index(b"\r") + 3)),
    case("2 CR alone", *cut(CRLF.replace(b"\n", b""), CRLF.index(b"\r") + 1)),
    case("3 separators inside of JSON", text("a\u2028b\u2029c\u0085d") + DONE, text="a\u2028b\u2029c\u0085d"),
    case(
        "3 the same in raw UTF-8",
        RAW.replace("naïve".encode(), "\u2028\u0085".encode()) + DONE,
        text="\u2028\u0085" + GLYPH[5:],
    ),
    case("4 several data lines", b'data: {"id":"1","choices":\ndata: [{"delta":{"content":"a"}}]}\n\n' + DONE),
    case("5 no space after the colon", (A + DONE).replace(b"data: ", b"data:")),
    case("6 a BOM", *cut(b"\xef\xbb\xbf" + A + DONE, 1, 2)),
    case("7 comments", PING + A + PING + DONE),
    case("8 comments wrapped as data", b"data: : keep-alive\n\n" + A + b"data: : OPENROUTER PROCESSING\n\n" + DONE),
    case("9 blank lines after comments", b"\n\n" + PING + b"\n" + A + b": x\n\n\n" + DONE),
    calls(
        "10 keep-alives and nothing else, then an answer",
        [reply(), *every(0.03, PING, 40)],
        [reply(), ANSWER],
        clocks=Clocks(first_token=0.3),
    ),
    calls(
        "10 keep-alives and nothing else, every time",
        *[[reply(), *every(0.03, PING, 40)]] * 3,
        text="",
        kind="stalled",
        code="first_token_timeout",
        clocks=Clocks(first_token=0.3),
    ),
    case(
        "11 silence in mid-reasoning",
        thought("hm"),
        HANG,
        text="",
        reasoning="hm",
        kind="stalled",
        clocks=Clocks(idle=0.08),
    ),
    case(
        "11 pings in mid-reasoning",
        thought("hm"),
        *every(0.03, PING, 20),
        text="",
        reasoning="hm",
        kind="stalled",
        clocks=Clocks(progress=0.1),
    ),
    case("12 a cut without end marker", FIRST + A, kind="truncated"),
    case("12 a cut after the last chunk", A + LAST, kind="truncated", usage=COUNTED),
    calls("12 a cut before any text", [reply(), FIRST], [reply(), ANSWER]),
    calls("13 a reset", chunked(A, 0.03, RESET), text="a", kind="reset"),
    case("13 a line of plain text and a clean end", A + b"upstream connect error\n", kind="truncated"),
    case("14 no delta", A + b'data: {"id":"1","choices":[{"finish_reason":"stop"}]}\n\n' + DONE),
    case("15 choices null, with usage", data({"choices": None, "usage": USAGE}) + A + DONE, usage=COUNTED),
    case(
        "15 choices empty, with usage",
        A + chunk({}, "stop") + data({"choices": [], "usage": USAGE}) + DONE,
        usage=COUNTED,
    ),
    case("16 content and role null", chunk({"role": None, "content": None}) + A + LAST + DONE, usage=COUNTED),
    case("17 no finish_reason", A + DONE),
    case("18 reasoning", chunk({"reasoning": "hm"}) + A + DONE, reasoning="hm"),
    case("18 thinking", chunk({"thinking": "hm"}) + A + DONE, reasoning="hm"),
    case(
        "18 tags cut in two",
        text("<th"),
        0.01,
        text("ink>hm</thi"),
        0.01,
        text("nk>a") + DONE,
        reasoning="hm",
        think_tags=ThinkTags.TAGGED,
    ),
    case("18 no opening tag", text("hm</think>a") + DONE, reasoning="hm", think_tags=ThinkTags.OPENED),
    case("19 both names", chunk({"reasoning": "hm", "reasoning_content": "hm"}) + A + DONE, reasoning="hm"),
    case(
        "20 an error in the stream",
        A + data({"error": {"message": "boom"}}),
        kind="upstream_error",
        code="upstream_error",
    ),
    calls("20 an error before any text", [reply(), FIRST + data({"error": {"message": "boom"}})], [reply(), ANSWER]),
    calls("21 an empty body", [reply()], [reply(), FIRST + LAST + DONE], [reply(), ANSWER]),
    calls("21 an empty body, every time", [reply()], [reply()], [reply()], text="", kind="empty"),
    calls("21 a chunk cut short", [reply(), FIRST[:60]], [reply(), ANSWER]),
    case("22 a wrapper", data({"data": {"choices": []}, "success": True}), text="", kind="malformed"),
    case("22 a wrapper that is no stream", b'{"data":{"choices":[]},"success":true}', text="", kind="malformed"),
    case("23 a page with status 200", PAGE, text="", kind="malformed"),
    calls("23 a page of a gateway", [reply(502, "text/html"), PAGE], [reply(), ANSWER]),
    calls("23 a page that forbids", [reply(403, "text/html"), PAGE], text="", kind="rejected", code="forbidden"),
    calls("24 the balance is gone", whole(402, BALANCE), text="", kind="rejected", code="balance_exhausted"),
    calls("24 the same through a wrapper", whole(400, BALANCE), text="", kind="rejected", code="balance_exhausted"),
    calls("25 moderation", whole(400, RISK), text="", kind="rejected", code="moderation"),
    calls(
        "25 moderation of older servers",
        whole(400, {"detail": "Content Exists Risk"}),
        text="",
        kind="rejected",
        code="moderation",
    ),
    case(
        "29 tool markup in the text", text("<|DSML|tool_calls>") + LAST + DONE, text="<|DSML|tool_calls>", usage=COUNTED
    ),
    case(
        "30 reasoning only", thought("hm") + LAST + DONE, text="", reasoning="hm", kind="reasoning_only", usage=COUNTED
    ),
    calls("33 nothing is asked again after text", chunked(A, 0.03, RESET), [reply(), ANSWER], text="a", kind="reset"),
    calls(
        "33 nor after reasoning",
        chunked(thought("hm"), 0.03, RESET),
        [reply(), ANSWER],
        text="",
        reasoning="hm",
        kind="reset",
    ),
    calls(
        "34 an error that calls itself octets",
        whole(400, RISK, "application/octet-stream"),
        text="",
        kind="rejected",
        code="moderation",
    ),
    calls(
        "34 an error in plain text",
        whole(401, b"Authentication Fails (governor)", "text/plain"),
        text="",
        kind="rejected",
        code="authentication",
    ),
    calls(
        "34 an error of another shape",
        whole(404, {"event_id": "x", "error_msg": "Not Found."}),
        text="",
        kind="rejected",
        code="not_found",
    ),
    calls("35 a retired model name", whole(400, RETIRED), text="", kind="rejected", code="unknown_model"),
]
# Scripts that must not be asked for: there is one call less than there are scripts.
UNASKED = 1


@pytest.mark.parametrize("case", CASES, ids=str)
async def test_hard_cases(case: Case) -> None:
    policy = RetryPolicy(attempts=3, first_delay=PAUSE, jitter=0)
    options = {"retry": policy, "clocks": case.clocks, "think_tags": case.think_tags}
    async with connected(*map(list, case.scripts), **options) as (deepseek, server):
        stream = deepseek.stream(ASK)
        events = await collect(stream)
        end = end_of(events)
        asked = len(case.scripts) - (UNASKED if case.name.startswith("33") else 0)
        assert (text_in(events), reasoning_in(events), end.kind) == (case.text, case.reasoning, case.kind)
        assert case.code is None or (end.error is not None and end.error.code == case.code)
        assert case.usage is None or end.usage == case.usage
        assert (len(server.seen), len(stream.calls)) == (asked, asked)
        assert [event.attempt for event in events if isinstance(event, RetryScheduled)] == list(range(2, asked + 1))
        check_spacing([seen.at for seen in server.seen], events)
        check_words(end.person, kept=bool(case.text or case.reasoning), ended_well=end.error is None)


def reasoning_in(events: list[Event]) -> str:
    return "".join(event.text for event in events if isinstance(event, ReasoningDelta))


def check_spacing(times: list[float], events: list[Event]) -> None:
    """The pauses that were announced double, and are those between the end of a call and the next one."""
    pauses = [event.delay for event in events if isinstance(event, RetryScheduled)]
    assert pauses == [PAUSE * 2**number for number in range(len(times) - 1)]
    for pause, (before, after) in zip(pauses, itertools.pairwise(times), strict=True):
        assert after - before >= pause


def check_words(person: str, *, kept: bool, ended_well: bool) -> None:
    """What the person reads: no markup, what was kept, and something to do."""
    assert "<" not in person
    if not ended_well:
        assert ("What had been written so far is kept." in person) is kept
        assert ("Your message is kept." in person) is not kept


# --- rows that are about the request, about what follows, or about the clock


def tooled(*messages: ChatMessage) -> ChatRequest:
    return ChatRequest("deepseek-flash", messages, thinking="high", tools=[TOOL])


async def test_26_reasoning_goes_back_and_lost_reasoning_is_stood_in_for() -> None:
    user = ChatMessage("user", "Hello")
    kept, lost = ChatMessage("assistant", "a", reasoning_content=" hm\n"), ChatMessage("assistant", "b")
    async with connected([reply(), ANSWER]) as (deepseek, server):
        await collect(deepseek.stream(tooled(user, kept, user, lost, user)))
        sent = [turn.get("reasoning_content") for turn in server.seen[0].json["messages"]]
        assert sent == [None, " hm\n", None, " ", None]


@pytest.mark.parametrize("arguments", ["{unit: celsius}", "", '{"q"'])
async def test_27_arguments_that_are_no_json_come_as_they_are(arguments: str) -> None:
    body = call(0, arguments, id="c", name="look_up") + chunk({}, "tool_calls", USAGE) + DONE
    async with connected([reply(), body]) as (deepseek, server):
        end = end_of(await collect(deepseek.stream(tooled(ChatMessage("user", "Hello")))))
        assert [each.function.arguments for each in end.tool_calls] == [arguments]
        assert (end.kind, len(server.seen)) == (EndKind.tool_calls, 1)


@pytest.mark.parametrize(
    ("tail", "kind"),
    [
        (b"", "truncated"),
        (b"upstream error\n", "truncated"),
        (chunk({}, "length") + DONE, "length"),
        (DONE, "complete"),
    ],
)
async def test_28_a_cut_inside_of_arguments_gives_no_call_to_run(tail: bytes, kind: str) -> None:
    async with connected([reply(), call(0, '{"q"', id="c", name="look_up") + tail]) as (deepseek, server):
        end = end_of(await collect(deepseek.stream(tooled(ChatMessage("user", "Hello")))))
        assert (end.kind, end.tool_calls, len(server.seen)) == (EndKind(kind), (), 1)


async def test_30_a_turn_without_an_answer_cannot_be_sent_back() -> None:
    turn = ChatMessage("assistant", "", reasoning_content="hm")
    async with connected() as (deepseek, server):
        with pytest.raises(Exception, match="messages\\[1\\]"):
            deepseek.stream(ChatRequest("m", [*ASK.messages, turn]))
        assert server.connections == 0


async def test_31_streams_ask_for_identity_and_read_what_is_packed_all_the_same() -> None:
    packed = gzip.compress(ANSWER)
    async with connected([reply(content_encoding="gzip"), packed[:20], 0.01, packed[20:]]) as (deepseek, server):
        assert text_in(await collect(deepseek.stream(ASK))) == "Hello"
        assert server.seen[0].headers["accept-encoding"] == "identity"


async def test_32_a_long_answer_is_cut_by_no_clock() -> None:
    """It takes longer than any of the clocks, which all are reset on the way."""
    slow = every(0.03, A, 30)
    clocks = Clocks(connect=0.4, idle=0.4, first_token=0.4, progress=0.4)
    async with connected([reply(), *slow, LAST + DONE], clocks=clocks) as (deepseek, _):
        events = await collect(deepseek.stream(ASK))
        assert (text_in(events), end_of(events).kind) == ("a" * 30, EndKind.complete)


async def test_35_the_models_on_offer_can_be_asked_for() -> None:
    offered = whole(200, {"object": "list", "data": [{"id": "deepseek-flash"}, {"id": "deepseek-v4-pro"}]})
    async with connected(whole(400, RETIRED), offered) as (deepseek, _):
        end = end_of(await collect(deepseek.stream(ASK)))
        assert "Choose another model" in end.person
        assert [model.id for model in await deepseek.models()] == ["deepseek-flash", "deepseek-v4-pro"]


def test_every_row_has_a_case() -> None:
    named = {int(case.name.split()[0]) for case in CASES}
    named |= {int(name.split("_")[1]) for name in globals() if name.startswith("test_") and name[5:7].isdecimal()}
    assert named == set(range(1, 36))


# --- beyond the table


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
