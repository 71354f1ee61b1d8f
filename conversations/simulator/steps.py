"""What a response body does, step by step. Scripts (pure) yield steps; `playback` carries them out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Now:
    """Write these bytes at once, outside the rhythm of the deltas."""

    data: bytes


@dataclass(frozen=True, slots=True)
class Pause:
    """Wait; `seconds` may be infinite, which keeps the connection open in silence until the client leaves."""

    seconds: float


class Reset:
    """Break the connection (TCP reset)."""


class Cut:
    """Close the connection without ending the body."""


Step = bytes | Now | Pause | Reset | Cut
"""`bytes` is one streamed event, written as one piece at the speed of the deltas."""

SILENCE = Pause(float("inf"))
ARRIVED = Pause(0.03)
"""Time for what was written to be read, before a reset may throw it away."""

COMMENT = b": keep-alive\n\n"
BLANK = b"\n"


def waiting(seconds: float, filler: bytes, interval: float) -> Iterator[Step]:
    """The time before the first token, with a filler at every interval (0: none)."""
    while interval and seconds > interval:
        yield Pause(interval)
        yield Now(filler)
        seconds -= interval
    if seconds > 0:
        yield Pause(seconds)
