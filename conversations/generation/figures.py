"""What one process counts for those who watch over it: plain numbers, cheap enough for the way of a token. Pure.

Everything only grows, from the start of the process on; whoever reads takes differences. An increment costs tens of
nanoseconds and an entry in a distribution a few hundred: once a frame or less, never once a delta. Nothing here names a
person, a conversation or a text.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from typing import Protocol

FINISH_REASONS = frozenset({"stop", "length", "tool_calls", "content_filter", "insufficient_system_resource"})
"""What DeepSeek documents. An upstream can say anything; everything else counts as `other`."""

_FAST = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0)
_SLOW = (0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 600.0)
_SPEEDS = (5.0, 10.0, 20.0, 30.0, 40.0, 50.0, 75.0, 100.0, 150.0, 200.0, 400.0)
_SIZES = (1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0, 1000.0)


class Called(Protocol):
    """What is counted of a call to an upstream."""

    first_token_at: datetime | None
    ended_at: datetime
    output_tokens: int
    estimated: bool


class Distribution:
    """How many values fell under each bound: `counts[n]` are those up to `bounds[n]` and above the bound before, the
    last of `counts` those above all bounds."""

    __slots__ = ("bounds", "counts", "sum")

    def __init__(self, bounds: tuple[float, ...]) -> None:
        """`bounds` in rising order."""
        self.bounds = bounds
        self.counts = [0] * (len(bounds) + 1)
        self.sum = 0.0

    def add(self, value: float) -> None:
        self.counts[bisect_left(self.bounds, value)] += 1
        self.sum += value


class Figures:
    """The counts of one process. Use from one event loop. Times are in seconds."""

    __slots__ = (
        "added_latency",
        "checkpoint_sizes",
        "checkpoint_times",
        "ends",
        "first_token",
        "frames",
        "loop_blocks",
        "loop_lag",
        "queue_wait",
        "retries",
        "slow_readers",
        "snapshots",
        "takeovers",
        "token_speed",
    )

    def __init__(self) -> None:
        self.frames = 0
        """Handed to websockets of this process; one frame to three sockets counts three."""
        self.snapshots = 0
        self.slow_readers = 0
        """Queues of sockets that grew too long and were given up."""
        self.retries = 0
        """Further calls to an upstream after one that failed before it showed anything."""
        self.takeovers = 0
        self.loop_blocks = 0
        """Times that something held up the event loop for longer than `LOOP_LIMIT`."""
        self.ends: Counter[tuple[str, str]] = Counter()
        """By status and reason; the reasons are ours, not what an upstream says."""
        self.first_token = Distribution(_SLOW)
        """From the start of an attempt to its first frame, with any wait for a turn."""
        self.token_speed = Distribution(_SPEEDS)
        """Tokens a second of a call, from its first token to its end, where the upstream has counted them."""
        self.added_latency = Distribution(_FAST)
        """From the reading of a piece until all receivers have its frame; before that, a piece waits up to a frame
        interval in the connection."""
        self.queue_wait = Distribution(_SLOW)
        """Of answers that had to wait for a turn at the upstream."""
        self.checkpoint_sizes = Distribution(_SIZES)
        """Generations with new text in one checkpoint."""
        self.checkpoint_times = Distribution((*_FAST, 2.5, 5.0, 10.0))
        self.loop_lag = Distribution((*_FAST, 2.5, 5.0, 10.0))
        """How late the event loop ran a timer."""

    def called(self, calls: Iterable[Called]) -> None:
        """An attempt is over that made these calls."""
        for call in calls:
            if call.first_token_at is None or call.estimated or not call.output_tokens:
                continue
            seconds = (call.ended_at - call.first_token_at).total_seconds()
            if seconds > 0:
                self.token_speed.add(call.output_tokens / seconds)

    def ended(self, status: str, error_code: str, finish_reason: str) -> None:
        """A generation has ended, and this process was the one to write it down."""
        if not error_code and finish_reason not in FINISH_REASONS:
            finish_reason = "other" if finish_reason else ""
        self.ends[status, error_code or finish_reason] += 1


figures = Figures()
"""This process's."""
