"""Frames as browsers get them: JSON text, encoded once, padded. The fields are in `docs/protocol.md`. Pure."""

from __future__ import annotations

from typing import Any

import msgspec

_PAD_TO = 32
"""Bytes: lengths on the wire come in these steps, so that encrypted traffic does not show token lengths."""

_encoder = msgspec.json.Encoder()


class Snapshot(msgspec.Struct, frozen=True, tag="generation.snapshot", tag_field="type"):
    message: str
    attempt: int
    seq: int
    reasoning: str
    text: str


class Delta(msgspec.Struct, frozen=True, omit_defaults=True, tag="generation.delta", tag_field="type"):
    message: str
    attempt: int
    seq: int
    reasoning: str = ""
    text: str = ""


class Queued(msgspec.Struct, frozen=True, tag="generation.queued", tag_field="type"):
    message: str
    position: int


class Retrying(msgspec.Struct, frozen=True, tag="generation.retrying", tag_field="type"):
    message: str
    attempt: int
    delay: float
    text: str


def encode(frame: msgspec.Struct | dict[str, Any]) -> bytes:
    """The JSON text of a frame in UTF-8, padded with trailing spaces to a multiple of 32 bytes."""
    raw = _encoder.encode(frame)
    return raw + b" " * (-len(raw) % _PAD_TO)
