"""Streams of the shapes that have been recorded, of both formats, and streams that go wrong."""

from __future__ import annotations

from collections.abc import Callable

from conversations.deepseek.anthropic_stream import MessagesState
from conversations.deepseek.completion import CompletionState
from conversations.deepseek.events import End, Event, LogprobsDelta, ReasoningDelta, TextDelta
from conversations.deepseek.sse import SSEParser
from conversations.deepseek.think_tags import ThinkTags
from tests.deepseek import messages_wire as m
from tests.deepseek.server import ANSWER, DONE, FIRST, LAST, PING, USAGE, chunk, data, text, thought

FIGURE = {"token": "a", "logprob": -0.5, "bytes": [97], "top_logprobs": [{"token": "a", "logprob": -0.5}]}


def call(index: int, arguments: str, **more: object) -> bytes:
    function = {"arguments": arguments, **({"name": more.pop("name")} if "name" in more else {})}
    return chunk({"tool_calls": [{"index": index, "function": function, **more}]})


def figured(content: str) -> bytes:
    choice = {"index": 0, "delta": {"content": content}, "logprobs": {"content": [FIGURE], "reasoning_content": None}}
    return data({"id": "a1", "choices": [choice]})


def filled(content: str, finish: str | None = None) -> bytes:
    choice = {"index": 0, "text": content, "logprobs": None, "finish_reason": finish}
    return data({"id": "a1", "object": "text_completion", "model": "deepseek-flash", "choices": [choice]})


CRLF = (FIRST + text("a") + LAST + DONE).replace(b"\n", b"\r\n")
THINKING = (
    chunk({"role": "assistant", "content": None, "reasoning_content": ""})
    + PING
    + thought("Ünï \N{GRINNING FACE}")
    + chunk({"content": "\u2028 a\r\nb\u0085", "reasoning_content": None})
    + LAST
    + DONE
)
RAW_UTF8 = 'data: {"id":"1","choices":[{"delta":{"content":"naïve 汉字 \N{GRINNING FACE}"}}]}\n\n'.encode() + DONE
CALLS = (
    thought("x")
    + call(0, "", id="c0", name="look_up")
    + call(1, "", id="c1", name="now")
    + call(0, '{"q"')
    + call(0, ": 1}")
    + call(1, "{}")
    + chunk({"content": "", "reasoning_content": None}, "tool_calls", USAGE)
    + DONE
)
OPENAI: dict[str, bytes] = {
    "an answer": ANSWER,
    "an answer with thinking": THINKING,
    "an answer in raw UTF-8": RAW_UTF8,
    "an answer with CRLF": CRLF,
    "an answer with CR": CRLF.replace(b"\n", b""),
    "an answer after a BOM": b"\xef\xbb\xbf" + ANSWER,
    "tool calls": CALLS,
    "halves of a surrogate pair": text("a\ud83d") + text("\ude00b") + text("c\ud83d") + DONE,
    "usage in a chunk of its own": text("a") + chunk({}, "stop") + data({"choices": [], "usage": USAGE}) + DONE,
    "tags of thinking": text("<thi") + text("nk>hm</th") + text("ink>a") + LAST + DONE,
    "log-probabilities": figured("a") + figured("b") + LAST + DONE,
    "a filled middle": filled("a") + filled("b", "stop") + DONE,
    "several data lines": b'data: {"id":"1","choices":\ndata: [{"delta":{"content":"a"}}]}\n\n' + DONE,
    "wrapped comments": b"data: : keep-alive\n\n:\n\n" + text("a") + b"id: 1\nretry: 5\n" + DONE,
    "an error": text("a") + data({"error": {"message": "boom"}}),
    "an error by name": text("a") + b"event: error\ndata: boom\n\n",
    "nonsense": text("a") + data(b"{nonsense") + text("b"),
    "a cut": text("a") + text("b")[:-9],
    "a cut before the blank line": text("a") + text("b")[:-1],
    "a line of a proxy": text("a") + b"upstream error\n",
    "a page": b"<!doctype html>\n<h1>Please wait</h1>\n",
    "an error for a stream": b'{"error":{"message":"Service is too busy."}}',
    "nothing": b"",
}
ANTHROPIC: dict[str, bytes] = {
    "an answer": m.ANSWER,
    "an answer with CRLF": m.ANSWER.replace(b"\n", b"\r\n"),
    "an answer with CR": m.ANSWER.replace(b"\n", b"\r"),
    "an answer after a BOM": b"\xef\xbb\xbf" + m.ANSWER,
    "an answer without names": b"\n".join(row for row in m.ANSWER.split(b"\n") if not row.startswith(b"event")),
    "tool calls": m.CALLS,
    "wide characters": m.start() + m.text("汉\N{GRINNING FACE}\ud83d") + m.text("\ude00") + m.finish() + m.STOP,
    "the length limit": m.start() + m.text("a") + m.finish("max_tokens") + m.STOP,
    "a cut": m.start() + m.text("a") + m.text("b")[:-9],
    "a cut before the blank line": m.start() + m.text("a") + m.finish() + m.STOP[:-1],
    "an error": m.start() + m.text("a") + m.event("error", error={"type": "overloaded_error", "message": "Overloaded"}),
    "nonsense": m.start() + m.text("a") + data(b"{nonsense"),
    "the other format": ANSWER,
    "nothing": b"",
}


def asked(think_tags: ThinkTags = ThinkTags.TAGGED) -> CompletionState:
    """A state in which everything is switched on."""
    return CompletionState(think_tags, logprobs=True)


STREAMS: dict[str, tuple[Callable[[], CompletionState], bytes]] = {
    **{f"openai: {name}": (asked, body) for name, body in OPENAI.items()},
    **{f"anthropic: {name}": (MessagesState, body) for name, body in ANTHROPIC.items()},
}


def play(new_state: Callable[[], CompletionState], *pieces: bytes) -> list[Event]:
    """The events of a body that comes in `pieces` and ends."""
    parser, state = SSEParser(), new_state()
    events: list[Event] = []
    for received in pieces:
        events += state.receive(parser.feed(received))
    if state.ended is None:
        events += state.body_ended(parser.finish(), bytes(parser.stray))
    return events


def flat(events: list[Event]) -> list[tuple[str, str] | Event]:
    """Events with neighbours merged, and the error of the end as its text."""
    merged: list[tuple[str, str] | Event] = []
    for event in events:
        if isinstance(event, TextDelta | ReasoningDelta):
            kind = type(event).__name__
            last = merged[-1] if merged else None
            if isinstance(last, tuple) and last[0] == kind:
                merged[-1] = (kind, last[1] + event.text)
            else:
                merged.append((kind, event.text))
        elif isinstance(event, End):
            merged.append((event.log, repr((event.kind, event.usage, event.tool_calls, event.person, event.model))))
        else:
            merged.append(event)
    return merged


def check(events: list[Event]) -> None:
    """What holds for any bytes at all: one end, last, and text that can be encoded."""
    *others, last = events
    assert isinstance(last, End)
    assert last.person or last.error is None
    assert (last.error is None) is (last.kind in ("complete", "length", "tool_calls"))
    for event in others:
        assert not isinstance(event, End)
        if isinstance(event, TextDelta | ReasoningDelta):
            event.text.encode()
        elif not isinstance(event, LogprobsDelta):
            repr(event).encode()
