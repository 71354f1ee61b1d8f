"""What a killed process costs: text that was shown and is written anew, and the time until the answer goes on.

Two servers share an installation on PostgreSQL and Redis, or, without them, one is killed and started again. The clocks
are the defaults that operators have.
"""

from __future__ import annotations

import os
import statistics
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

from conversations.simulator import SimulatorThread
from tests.benchmarks.result import Bar, Result
from tests.live.member import Member
from tests.live.server import LiveServer, installation

_RUNS = 5
_SPEED = 40.0
"""Deltas a second of the answer."""
_SHOWN = 60
"""Frames that are seen before the process is killed."""


def measure() -> Result:
    """Medians of five kills in the middle of an answer. Bars: those that members were promised."""
    two = bool(os.environ.get("DATABASE_URL") and os.environ.get("REDIS_URL"))
    runs = [_kill(two=two) for _ in range(_RUNS)]
    lost = statistics.median(run[0] for run in runs)
    seconds = statistics.median(run[1] for run in runs)
    figures = {"text written anew, s": lost, "until it goes on, s": seconds, "most, s": max(run[1] for run in runs)}
    return Result(figures, [Bar("text written anew, s", lost, 1.0), Bar("until it goes on, s", seconds, 10.0)])


def _kill(*, two: bool) -> tuple[float, float]:
    """Seconds of streaming that were lost, and seconds from the kill to the first new text."""
    with ExitStack() as stack:
        simulator = stack.enter_context(SimulatorThread(speed=_SPEED))
        own = stack.enter_context(installation(DEEPSEEK_API_KEY="sk-bench", DEEPSEEK_BASE_URL=simulator.base_url))
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        first = stack.enter_context(LiveServer(folder / "var", own, loop_limit=None))
        other = stack.enter_context(LiveServer(folder / "var", own, loop_limit=None)) if two else first
        dana = stack.enter_context(Member(first).become_first_administrator())
        dana.connect()
        ack = dana.ask("count to 400")
        answer = ack["answer"]
        while dana.seen.get(answer, (1, 0))[1] < _SHOWN:
            dana.frame("generation.delta")
        shown = len(dana.texts[answer])
        killed = time.monotonic()
        first.kill()
        dana.hang_up()
        if not two:
            first.start()
        dana.connect(other)
        dana.open(ack["conversation"], newest=answer)
        taken = dana.frame("generation.snapshot", message=answer, attempt=2)
        kept = len(taken["text"])
        while len(dana.texts[answer]) <= kept:
            dana.frame("generation.delta")
        seconds = time.monotonic() - killed
        dana.say("generation.stop", message=answer)
        dana.frame("generation.finished", message=answer)
        return max(0, shown - kept) / (shown / (_SHOWN / _SPEED)), seconds
