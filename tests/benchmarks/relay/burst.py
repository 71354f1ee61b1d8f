"""One start of many answers at once, and what became of them."""

from __future__ import annotations

import asyncio
import os
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from tests.benchmarks.relay.load import Browser, Reading

_QUIET = 0.3
"""Seconds after the last frame, for what the server still has to put away."""


@dataclass
class Burst:
    """The figures of one burst. Times in milliseconds, CPU in seconds."""

    streams: int
    deltas: int
    cpu: float
    faults: Counter[str]
    """Answers that failed or were not saved as shown, deltas that were lost, doubled or out of order."""
    latencies: list[float]
    """Of each delta: from its leaving the upstream to its arrival at a browser."""
    first: list[float]
    """Of each answer: from the command to its first delta."""
    to_upstream: list[float]
    """Of each answer: from the command to the request's arrival at the upstream."""


async def burst(browsers: list[Browser], pids: Iterable[int], *, deltas: int, rate: float, keeps: bool) -> Burst:
    """All browsers ask in the same instant. CPU is that of the processes `pids`, until everything is put away.

    `keeps`: the server makes titles and stores what it relays, which is looked up afterwards.
    """
    pids = list(pids)
    before = sum(map(cpu_seconds, pids))
    readings = await asyncio.gather(*(browser.ask(f"{deltas} {rate:g}") for browser in browsers))
    both = list(zip(browsers, readings, strict=True))
    if keeps:
        await asyncio.gather(*(browser.watch(reading) for browser, reading in both))
    await asyncio.sleep(_QUIET)
    result = digest(readings, deltas, sum(map(cpu_seconds, pids)) - before)
    for browser, reading in both if keeps else ():
        shown = "".join(text for _, text in pieces(reading))
        result.faults["unsaved"] += await browser.stored(reading) != shown
    return result


def digest(readings: list[Reading], deltas: int, cpu: float) -> Burst:
    """Read what came."""
    result = Burst(len(readings), deltas, cpu, Counter(), [], [], [])
    for reading in readings:
        words = [(came, *map(int, word.split(":"))) for came, text in pieces(reading) for word in text.split()]
        numbers = [number for _, number, _ in words]
        result.faults["failed"] += reading.shown.status != "complete"
        result.faults["lost"] += deltas - len(set(numbers))
        result.faults["doubled"] += len(numbers) - len(set(numbers))
        result.faults["out of order"] += numbers != sorted(numbers)
        result.latencies += [(came - left) / 1e6 for came, _, left in words]
        if words:
            came, _, left = words[0]
            result.first.append((came - reading.sent) / 1e6)
            result.to_upstream.append((left - reading.sent) / 1e6)
    return result


def pieces(reading: Reading) -> list[tuple[int, str]]:
    """What a page shows: each new piece of text, and when it came."""
    new: list[tuple[int, str]] = []
    known = 0
    for came, shown in reading.shows():
        text = shown.text
        if len(text) > known:
            new.append((came, text[known:]))
            known = len(text)
    return new


def cpu_seconds(pid: int) -> float:
    """CPU time of a process and all its threads so far, user and system together."""
    # The clock id of another process, as clock_getcpuclockid(3) makes it: CPUCLOCK_SCHED.
    return time.clock_gettime(~pid << 3 | 2)


def resident_kb(pid: int) -> float:
    """Resident memory in units of 1000 bytes."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1000
