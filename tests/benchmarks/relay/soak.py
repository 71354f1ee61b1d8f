"""`bin/bench soak`: many answers one after the other, and whether the server's memory stays where it was."""

from __future__ import annotations

import argparse
import asyncio

from tests.benchmarks.relay.burst import burst, resident_kb
from tests.benchmarks.relay.contest import Browsers, Contestant
from tests.benchmarks.relay.embedded import contestants, uvloop_runner
from tests.benchmarks.result import Bar, Result

_STREAMS = 100
_DELTAS = 5
_RATE = 200
_SETTLED = 0.2
"""The share of the answers after which caches are full and memory has to stay."""
_MOST_GROWTH = 8.0
"""Megabytes: what allocators move by themselves."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--answers", type=int, default=100_000, help="how many answers (default 100,000)")


def measure(options: argparse.Namespace) -> Result:
    """Resident memory over `--answers` short answers, each in a new conversation with a title."""
    with uvloop_runner() as run, contestants(_STREAMS) as (_, ours):
        return run(_soak(ours, options.answers))


async def _soak(ours: Contestant, answers: int) -> Result:
    (pid,) = ours.pids
    memory: list[float] = []
    faults = done = 0
    async with Browsers(ours, _STREAMS) as browsers:
        opened = await browsers.open()
        while done < answers:
            result = await burst(opened, [pid], deltas=_DELTAS, rate=_RATE, keeps=True)
            faults += sum(result.faults.values())
            done += _STREAMS
            memory.append(resident_kb(pid) / 1000)
            await asyncio.sleep(0)
    settled = memory[int(len(memory) * _SETTLED)]
    most = max(memory[-max(1, len(memory) // 10) :])
    return Result(
        figures={"answers": done, "memory after a fifth, MB": settled, "memory at the end, MB": most},
        bars=[Bar("growth, MB", most - settled, _MOST_GROWTH), Bar("failed, lost, unsaved", faults, 0)],
    )
