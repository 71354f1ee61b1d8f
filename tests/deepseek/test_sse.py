from __future__ import annotations

import itertools
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conversations.deepseek.sse import MAX_LINE, MAX_STRAY, ServerSentEvent, SSEParser
from tests.deepseek.server import ANSWER


def parse(*pieces: bytes) -> list[ServerSentEvent]:
    parser = SSEParser()
    events = [event for piece in pieces for event in parser.feed(piece)]
    return events + parser.finish()


def data_of(*pieces: bytes) -> list[bytes]:
    return [event.data for event in parse(*pieces)]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"data: a\n\ndata: b\n\n", [b"a", b"b"]),
        (b"data: a\r\n\r\ndata: b\r\n\r\n", [b"a", b"b"]),
        (b"data: a\r\rdata: b\r\r", [b"a", b"b"]),
        (b"data: a\r\n\ndata: b\n\r\n", [b"a", b"b"]),
        (b"data:a\n\n", [b"a"]),
        (b"data:  a\n\n", [b" a"]),
        (b"data: a\ndata: b\n\n", [b"a\nb"]),
        (b"data\n\n", [b""]),
        (b"data: a\n\n\n\n\n", [b"a"]),
        (b"\xef\xbb\xbfdata: a\n\n", [b"a"]),
        (b": keep-alive\n\n", []),
        (b": keep-alive\n\ndata: a\n\n", [b"a"]),
        (b"id: 7\nretry: 10\ndata: a\n\n", [b"a"]),
        ("data: \u2028x\u2029\x85\n\n".encode(), ["\u2028x\u2029\x85".encode()]),
        (b"data: a", [b"a"]),
        (b"data: a\n", [b"a"]),
        (b"\xef\xbb", []),
        (b"", []),
    ],
)
def test_line_rules_hold_for_any_split(body: bytes, expected: list[bytes]) -> None:
    assert data_of(body) == expected
    assert data_of(*(body[at : at + 1] for at in range(len(body)))) == expected
    for at in range(len(body)):
        assert data_of(body[:at], body[at:]) == expected


def test_whole_events_after_the_first_read_take_the_short_way_with_the_same_result() -> None:
    assert data_of(b"data: a\n\n", b"data: b\n\ndata: c\n\n", b": x\n\ndata: d\n\n", b"data: e\ndata: f\n\n") == [
        b"a",
        b"b",
        b"c",
        b"d",
        b"e\nf",
    ]


def test_event_names_belong_to_one_event() -> None:
    assert parse(b"event: error\ndata: a\n\n", b"data: b\n\n") == [
        ServerSentEvent(b"a", b"error"),
        ServerSentEvent(b"b", b""),
    ]
    assert parse(b"data: x\n\nevent: error\n", b"data: a\n\n")[-1].event == b"error"


def test_lines_that_no_event_stream_has_are_kept_aside_up_to_a_limit() -> None:
    parser = SSEParser()
    assert parser.feed(b"<html>\n<p>busy</p>\n") == []
    assert bytes(parser.stray) == b"<html>\n<p>busy</p>\n"
    parser.feed(b"x" * MAX_STRAY + b"\n")
    parser.feed(b"y" * 100 + b"\n")
    assert len(parser.stray) == MAX_STRAY


def test_a_line_beyond_the_limit_ends_parsing_and_keeps_what_came_before() -> None:
    parser = SSEParser()
    assert parser.feed(b"data: a\n\ndata: " + b"x" * MAX_LINE + b"\n\ndata: b\n\n") == [ServerSentEvent(b"a")]
    assert parser.overflowed
    assert parser.feed(b"data: c\n\n") == []
    assert parser.finish() == []


def test_an_event_beyond_the_limit_ends_parsing() -> None:
    parser = SSEParser()
    line = b"data: " + b"x" * (MAX_LINE // 2) + b"\n"
    assert parser.feed(line + line + line + b"\n") == []
    assert parser.overflowed


def test_a_comment_beyond_the_limit_ends_parsing_too() -> None:
    parser = SSEParser()
    parser.feed(b":" + b"x" * (MAX_LINE + 1) + b"\n\n")
    assert parser.overflowed


def test_an_endless_line_takes_little_memory() -> None:
    parser = SSEParser()
    piece = b"x" * 65536
    tracemalloc.start()
    for _ in range(1024):  # 64 MiB
        parser.feed(piece)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert parser.overflowed
    assert peak < 16 * 1024 * 1024


def test_its_repr_shows_no_text() -> None:
    assert "secret" not in repr(ServerSentEvent(b"secret"))


SOUP = st.lists(
    st.sampled_from(
        [
            b"data: ",
            b"data:",
            b"\n",
            b"\r",
            b"\r\n",
            b"\n\n",
            b": ping",
            b"event: e",
            b"x",
            b"\xef\xbb\xbf",
            b"\xe2\x80",
        ]
    )
).map(b"".join)


@given(body=SOUP | st.binary(max_size=60), cuts=st.lists(st.integers(0, 80)))
def test_any_split_of_anything_gives_the_same_events(body: bytes, cuts: list[int]) -> None:
    edges = [0, *sorted(cut for cut in cuts if cut < len(body)), len(body)]
    assert parse(*(body[start:end] for start, end in itertools.pairwise(edges))) == parse(body)


@given(cuts=st.lists(st.integers(0, len(ANSWER))))
def test_any_split_of_a_recorded_stream_gives_the_same_events(cuts: list[int]) -> None:
    edges = [0, *sorted(cuts), len(ANSWER)]
    assert parse(*(ANSWER[start:end] for start, end in itertools.pairwise(edges))) == parse(ANSWER)


def test_a_lone_cr_within_a_read_of_whole_events_ends_a_line() -> None:
    parser = SSEParser()
    assert parser.feed(b"data: 1\n\n") == [ServerSentEvent(b"1")]
    assert parser.feed(b"data: 2\rdata: 3\n\n") == [ServerSentEvent(b"2\n3")]
