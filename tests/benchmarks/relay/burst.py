"""One start of many answers at once, and what became of them."""

from __future__ import annotations

import asyncio
import json
import os
import time
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
    cpu: float
    failed: int
    lost: int
    doubled: int
    disordered: int
    latencies: list[float]
    """Of each delta: from its leaving the upstream to its arrival at a browser."""
    first: list[float]
    """Of each answer: from the command to its first delta."""
    to_upstream: list[float]
    """Of each answer: from the command to the request's arrival at the upstream."""


async def burst(browsers: list[Browser], pids: Iterable[int], *, deltas: int, rate: float, titles: bool) -> Burst:
    """All browsers ask in the same instant. CPU is that of the processes `pids`, until everything is put away."""
    pids = list(pids)
    before = sum(map(cpu_seconds, pids))
    readings = await asyncio.gather(*(browser.ask(f"{deltas} {rate:g}") for browser in browsers))
    if titles:
        await asyncio.gather(*(browser.watch(reading) for browser, reading in zip(browsers, readings, strict=True)))
    await asyncio.sleep(_QUIET)
    return digest(readings, deltas, sum(map(cpu_seconds, pids)) - before)


def digest(readings: list[Reading], deltas: int, cpu: float) -> Burst:
    """Read what came."""
    result = Burst(len(readings), cpu, 0, 0, 0, 0, [], [], [])
    for reading in readings:
        words, ended = _words(reading)
        numbers = [number for _, number, _ in words]
        result.failed += not ended
        result.lost += deltas - len(set(numbers))
        result.doubled += len(numbers) - len(set(numbers))
        result.disordered += numbers != sorted(numbers)
        result.latencies += [(came - left) / 1e6 for came, _, left in words]
        if words:
            came, _, left = words[0]
            result.first.append((came - reading.sent) / 1e6)
            result.to_upstream.append((left - reading.sent) / 1e6)
    return result


def _words(reading: Reading) -> tuple[list[tuple[int, int, int]], bool]:
    """Each delta as (when it came, its number, when it left); whether the answer ended as complete."""
    words: list[tuple[int, int, int]] = []
    ended = False
    for came, text in reading.frames:
        frame = json.loads(text)
        if frame["type"] == "generation.snapshot":
            words = []
        if frame["type"] in ("generation.delta", "generation.snapshot"):
            for word in frame.get("text", "").split():
                number, left = word.split(":")
                words.append((came, int(number), int(left)))
        elif frame["type"] == "generation.finished":
            ended = frame.get("status", "complete") == "complete"
    return words, ended


def cpu_seconds(pid: int) -> float:
    """CPU time of a process and all its threads so far, user and system together."""
    # The clock id of another process, as clock_getcpuclockid(3) makes it: CPUCLOCK_SCHED.
    return time.clock_gettime(~pid << 3 | 2)


def resident_kb(pid: int) -> float:
    """Resident memory in units of 1000 bytes."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1000
