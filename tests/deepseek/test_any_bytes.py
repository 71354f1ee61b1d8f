"""What holds for any bytes: the split does not matter, and whatever comes ends in one of our ends."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conversations.deepseek.anthropic_stream import MessagesState
from conversations.deepseek.completion import CompletionState
from tests.deepseek.fuzz import fuzz
from tests.deepseek.recordings import STREAMS, check, flat, play

NAMES = sorted(STREAMS)


@pytest.mark.parametrize("name", NAMES)
def test_any_cut_in_two_and_single_bytes_give_the_same_events(name: str) -> None:
    new_state, body = STREAMS[name]
    whole = flat(play(new_state, body))
    for cut in range(len(body)):
        assert flat(play(new_state, body[:cut], body[cut:])) == whole, cut
    assert flat(play(new_state, *(body[at : at + 1] for at in range(len(body))))) == whole


@given(name=st.sampled_from(NAMES), cuts=st.lists(st.integers(0, 3000)))
def test_any_split_gives_the_same_events(name: str, cuts: list[int]) -> None:
    new_state, body = STREAMS[name]
    edges = [0, *sorted(cut for cut in cuts if cut < len(body)), len(body)]
    pieces = [body[start:end] for start, end in itertools.pairwise(edges)]
    assert flat(play(new_state, *pieces)) == flat(play(new_state, body))


NESTED = {
    "an index": (MessagesState, b'{"type":"content_block_stop","index":%b}', b"[", b"]"),
    "an input": (
        MessagesState,
        b'{"type":"content_block_start","index":0,"content_block":{"type":"tool_use","name":"f","input":%b}}',
        b'{"a":',
        b"}",
    ),
    "arguments": (
        CompletionState,
        b'{"choices":[{"delta":{"tool_calls":[{"function":{"name":"f","arguments":%b}}]}}]}',
        b'{"a":',
        b"}",
    ),
    "a text": (CompletionState, b'{"choices":[{"delta":{"content":%b}}]}', b'[{"text":', b"}]"),
    "an error": (CompletionState, b'{"id":"a","error":%b}', b'{"error":', b"}"),
}


@pytest.mark.parametrize("name", NESTED)
def test_no_nesting_is_too_deep(name: str) -> None:
    """What can just be read can be too deep for whatever comes after."""
    new_state, event, opening, closing = NESTED[name]
    for depth in range(1, 1100, 3):
        nested = opening * depth + b"1" + closing * depth
        check(play(new_state, b"data: " + event % nested + b"\n\n"))


def test_mutated_streams_and_bodies_raise_nothing_but_our_errors() -> None:
    """Ten thousand of them here; `python -m tests.deepseek.fuzz` takes a hundred thousand others."""
    assert fuzz(10_000, seed=1) == 10_000
