"""An answer of 100,000 characters while it streams: what holds the page up, how often it is painted, what jumps,
and the memory that it takes."""

from __future__ import annotations

import statistics
from typing import Any

from playwright.sync_api import CDPSession

from tests.benchmarks.page.visit import served
from tests.benchmarks.result import Bar, Result

_SPEED = 400.0
"""Deltas a second: four times what models write, so that a run takes about a minute."""
_ROUNDS = 3
_QUESTION = "Go on for long\n/simulate very-long-document"
_WRITTEN = "() => document.querySelector('#stop').hidden && !document.querySelector('#send').hidden"
_LENGTH = "() => [...document.querySelectorAll('.message-answer .prose')].at(-1).innerText.length"

_LONGEST_TASK = 50.0
_FRAMES = 50.0
_SHIFT = 0.1


def measure() -> Result:
    """Medians of three answers, each in a new chat of the same page."""
    with served(speed=_SPEED) as (_, visitor):
        page = visitor.page
        devtools = page.context.new_cdp_session(page)
        visitor.become_first_administrator()
        page.wait_for_load_state("networkidle")
        memory = [_heap(devtools)]
        rounds = []
        for _ in range(_ROUNDS):
            page.get_by_role("button", name="New chat").first.click()
            page.evaluate("seenSoFar()")
            visitor.choose_thinking("Think")  # Without it the upstream ends answers sooner.
            visitor.send(_QUESTION)
            page.wait_for_function(_WRITTEN, timeout=300_000, polling=500)
            rounds.append(page.evaluate("seenSoFar()") | {"characters": page.evaluate(_LENGTH)})
            memory.append(_heap(devtools))
    return _result(rounds, memory)


def _heap(devtools: CDPSession) -> float:
    """Megabytes (of 10^6 bytes) of live objects."""
    devtools.send("HeapProfiler.collectGarbage")
    return float(devtools.send("Runtime.getHeapUsage")["usedSize"]) / 1e6


def _result(rounds: list[dict[str, Any]], memory: list[float]) -> Result:
    def median(name: str) -> float:
        return float(statistics.median(each[name] for each in rounds))

    figures = {
        "answer, characters on the page": median("characters"),
        "answer: frames that came late, % of all": 100 * median("slow") / median("frames"),
        "answer: tasks over 50 ms": median("long"),
        "answer: memory for one more, MB": (memory[-1] - memory[1]) / (len(memory) - 2),
    }
    bars = [
        Bar("answer: longest task, ms", median("longest"), _LONGEST_TASK),
        Bar("answer: frames a second", median("rate"), _FRAMES, at_least=True),
        Bar("answer: layout shift", median("shift"), _SHIFT),
    ]
    return Result(figures, bars)
