"""Frames on the wire."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from conversations.generation import frames


@given(text=st.text(max_size=80))
def test_a_frame_is_padded_to_32_bytes_and_reads_the_same(text: str) -> None:
    encoded = frames.encode(frames.Delta("m", 1, 2, text=text))
    assert len(encoded) % 32 == 0
    expected = {"type": "generation.delta", "message": "m", "attempt": 1, "seq": 2}
    assert json.loads(encoded) == expected | ({"text": text} if text else {})


def test_other_frames_are_plain_objects() -> None:
    retrying = frames.Retrying("m", 1, 3.0, "DeepSeek is busy, trying again in 3 s.")
    assert json.loads(frames.encode(retrying))["type"] == "generation.retrying"
    assert json.loads(frames.encode({"type": "pong"})) == {"type": "pong"}
