"""`bin/bench relay`: the embedded default against the bare relay, in one run on the same machine."""

from __future__ import annotations

import argparse
import asyncio
import statistics
import tempfile
from collections.abc import Callable, Coroutine, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import uvloop

from tests.benchmarks.relay.bare import running_bare_relay
from tests.benchmarks.relay.contest import Contestant, Figures, Load, compete, memory, warm_up
from tests.benchmarks.relay.people import make_people
from tests.benchmarks.relay.upstream import running_upstream
from tests.benchmarks.result import Bar, Result
from tests.live.server import LiveServer

LOADS = {streams: Load(streams, rate=50, short=100, long=400) for streams in (1, 10, 50, 100, 200)} | {
    500: Load(500, rate=10, short=25, long=100)
}

_SLOPES = {10: 1.5, 50: 1.1, 100: 0.9, 200: 0.9, 500: 1.3}
"""The most that a delta may cost, as a ratio to the bare relay's."""
_FIRST = 10
_FRAME_INTERVAL = 25.0
_CROWD = 50
_FIXED = 7.0
_TO_UPSTREAM = 4.5
_BARE = {50: 81.0, 100: 66.0, 200: 59.0}
"""Microseconds of CPU for a delta of the bare relay, by answers at once, on the machine that the limits in milliseconds
are of. On a slower machine they are as much wider as the bare relay takes longer; on a faster one they stay: what a
single answer takes from rest is spent on cold caches and waking processors, of which busy deltas tell nothing."""
_IDLE_SOCKET = 56.0
_RUNNING_ANSWER = 150.0
_WARM_STREAMS = 50


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--streams", default=",".join(map(str, LOADS)), help="how many answers at once (default: all)")
    parser.add_argument("--rounds", type=int, default=5, help="rounds of which the median counts (default 5)")


def measure(options: argparse.Namespace) -> Result:
    """All loads, median of `--rounds`."""
    streams = [int(number) for number in options.streams.split(",")]
    with uvloop_runner() as run, contestants(max(200, *streams)) as (bare, ours):
        return run(_measure([LOADS[number] for number in streams], options.rounds, bare, ours))


async def _measure(loads: list[Load], rounds: int, bare: Contestant, ours: Contestant) -> Result:
    result = Result()
    for each in (bare, ours):
        await warm_up(each, _WARM_STREAMS)
    idle, running = await memory(ours)
    result.figures |= {"idle socket, kB": idle, "running answer, kB": running}
    result.bars += [Bar("idle socket, kB", idle, _IDLE_SOCKET), Bar("running answer, kB", running, _RUNNING_ANSWER)]
    found = {load: await compete([bare, ours], load, rounds) for load in loads}
    slowness = _slowness({load.streams: figures["bare"].slope for load, figures in found.items()})
    result.figures["this machine's time for the same work, ratio"] = slowness
    for load, figures in found.items():
        _report(result, load, figures["bare"], figures["ours"], max(1.0, slowness))
    return result


def _slowness(slopes: Mapping[int, float]) -> float:
    """How much longer this machine takes for the bare relay's deltas; 1 without a load that says so."""
    known = [slope / _BARE[streams] for streams, slope in slopes.items() if streams in _BARE]
    return statistics.median(known) if known else 1.0


def _report(result: Result, load: Load, bare: Figures, ours: Figures, wider: float) -> None:
    streams = load.streams
    for name, figures in (("bare", bare), ("ours", ours)):
        result.figures |= {
            f"{streams} {name}: CPU of a million deltas, s": figures.slope,
            f"{streams} {name}: CPU of an answer, ms": figures.fixed,
            f"{streams} {name}: first delta p50, ms": figures.first,
            f"{streams} {name}: command to upstream p50, ms": figures.to_upstream,
            f"{streams} {name}: added latency p50, ms": figures.p50,
            f"{streams} {name}: added latency p99, ms": figures.p99,
        }
    faults = sum(ours.faults.values())
    result.figures |= {f"{streams} ours: {name}": count for name, count in ours.faults.items()}
    result.bars.append(Bar(f"{streams}: failed, unsaved, lost, doubled, disordered", faults, 0))
    result.bars.append(Bar(f"{streams}: added latency p99, ms", ours.p99, interval(streams) + 3 * bare.p99))
    if streams == 1:
        result.bars.append(Bar("1: command to upstream, ms", ours.to_upstream, _TO_UPSTREAM * wider))
        return
    result.bars.append(Bar(f"{streams}: CPU of a delta, ratio", ours.slope / bare.slope, _SLOPES[streams]))
    result.bars.append(Bar(f"{streams}: CPU of an answer, ms", ours.fixed, _FIXED * wider))
    if streams <= 200:
        result.bars.append(Bar(f"{streams}: first delta, ratio", ours.first / bare.first, _FIRST))


def interval(streams: int) -> float:
    """Milliseconds between two frames of an answer when so many run (`Pace.frame_interval_for`)."""
    return _FRAME_INTERVAL * (1 + min(1.0, streams / _CROWD))


@contextmanager
def uvloop_runner() -> Iterator[Callable[[Coroutine[Any, Any, Result]], Result]]:
    """What runs a measurement on uvloop, as the server does."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        yield runner.run


@contextmanager
def contestants(people: int) -> Iterator[tuple[Contestant, Contestant]]:
    """The bare relay and an embedded installation of ours, with the same upstream."""
    with ExitStack() as stack:
        upstream = stack.enter_context(running_upstream())
        port, pid = stack.enter_context(running_bare_relay(upstream))
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        own = {"DATABASE_URL": "", "REDIS_URL": "", "DEEPSEEK_API_KEY": "sk-bench", "DEEPSEEK_BASE_URL": upstream}
        server = stack.enter_context(LiveServer(folder / "var", own, loop_limit=None))
        cookies = make_people(people, server.data_dir, own)
        bare = Contestant("bare", [port], [pid], cookies, keeps=False)
        yield bare, Contestant("ours", [server.port], [server.pid], cookies, keeps=True)
