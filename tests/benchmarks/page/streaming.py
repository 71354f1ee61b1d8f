"""An answer at 100 tokens a second below 2,000 messages: what holds the page up, how often it is painted, memory."""

from __future__ import annotations

import statistics
from typing import Any

from playwright.sync_api import CDPSession

from tests.benchmarks.page.opening import import_long_chat
from tests.benchmarks.page.visit import served
from tests.benchmarks.result import Bar, Result

_SPEED = 100.0
"""Tokens a second."""
_ROUNDS = 3
_QUESTION = "write 1500 tokens"
_WRITTEN = "() => document.querySelector('#stop').hidden && !document.querySelector('#send').hidden"

_LONGEST_TASK = 50.0
_FRAMES = 50.0
_GROWTH = 0.5
"""Megabytes that an answer of 1,500 tokens may leave behind, with all that shows it."""


def measure() -> Result:
    """Medians of three answers in the same conversation, one after the other."""
    with served(speed=_SPEED) as (server, visitor):
        page = visitor.page
        devtools = page.context.new_cdp_session(page)
        page.goto(server.url + import_long_chat(visitor))
        page.wait_for_load_state("networkidle")
        rounds, memory = [], []
        for _ in range(_ROUNDS + 1):
            page.evaluate("seenSoFar()")
            visitor.send(_QUESTION)
            page.wait_for_function(_WRITTEN, timeout=120_000, polling=500)
            rounds.append(page.evaluate("seenSoFar()"))
            memory.append(_heap(devtools))
    return _result(rounds[1:], memory)


def _heap(devtools: CDPSession) -> float:
    """Megabytes (of 10^6 bytes) of live objects."""
    devtools.send("HeapProfiler.collectGarbage")
    return float(devtools.send("Runtime.getHeapUsage")["usedSize"]) / 1e6


def _result(rounds: list[dict[str, Any]], memory: list[float]) -> Result:
    def median(name: str) -> float:
        return float(statistics.median(each[name] for each in rounds))

    figures = {
        "long chat: frames that came late, % of all": 100 * median("slow") / median("frames"),
        "long chat: memory, MB": memory[-1],
    }
    bars = [
        Bar("long chat: longest task, ms", median("longest"), _LONGEST_TASK),
        Bar("long chat: frames a second", median("rate"), _FRAMES, at_least=True),
        Bar("long chat: memory for one more answer, MB", (memory[-1] - memory[0]) / _ROUNDS, _GROWTH),
    ]
    return Result(figures, bars)
