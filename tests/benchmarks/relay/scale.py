"""`bin/bench scale`: what several processes on PostgreSQL and Redis cost beside one, also when answers are read at
another process than the one that runs them. Needs DATABASE_URL (PostgreSQL) and REDIS_URL.
"""

from __future__ import annotations

import argparse
import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tests.benchmarks.relay.contest import Contestant, Figures, Load, compete, warm_up
from tests.benchmarks.relay.embedded import uvloop_runner
from tests.benchmarks.relay.people import make_people
from tests.benchmarks.relay.upstream import running_upstream
from tests.benchmarks.result import Bar, Result
from tests.live.server import LiveServer, installation

_LOAD = Load(100, rate=50, short=100, long=400)
_WARM_STREAMS = 50
_TOGETHER, _APART = 1.2, 1.5
"""The most that a delta may cost with two processes, as a ratio to one process: read where it runs, and elsewhere."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--rounds", type=int, default=5, help="rounds of which the median counts (default 5)")


def measure(options: argparse.Namespace) -> Result:
    """100 answers at once on 1, 2 and 4 processes, and on 2 with every reader at the other one."""
    if not (os.environ.get("DATABASE_URL") and os.environ.get("REDIS_URL")):
        raise SystemExit("bin/bench scale needs DATABASE_URL (PostgreSQL) and REDIS_URL.")
    with uvloop_runner() as run, running_upstream() as upstream, ExitStack() as stack:
        one = stack.enter_context(_processes("1 process", 1, upstream))
        two = stack.enter_context(_processes("2 processes", 2, upstream))
        four = stack.enter_context(_processes("4 processes", 4, upstream))
        apart = Contestant("2 processes, read elsewhere", two.ports, two.pids, two.cookies, keeps=True, apart=True)
        return run(_measure([one, two, apart, four], options.rounds))


async def _measure(contestants: list[Contestant], rounds: int) -> Result:
    for each in contestants:
        await warm_up(each, _WARM_STREAMS)
    found = await compete(contestants, _LOAD, rounds)
    result = Result()
    for name, figures in found.items():
        result.figures |= {
            f"{name}: CPU of a million deltas, s": figures.slope,
            f"{name}: CPU of an answer, ms": figures.fixed,
            f"{name}: first delta p50, ms": figures.first,
            f"{name}: added latency p99, ms": figures.p99,
        }
        result.bars.append(Bar(f"{name}: failed, unsaved, lost, doubled", sum(figures.faults.values()), 0))
    result.bars += [
        Bar("2 processes: CPU of a delta, ratio", _ratio(found, "2 processes"), _TOGETHER),
        Bar("read elsewhere: CPU of a delta, ratio", _ratio(found, "2 processes, read elsewhere"), _APART),
    ]
    return result


def _ratio(found: Mapping[str, Figures], name: str) -> float:
    return found[name].slope / found["1 process"].slope


@contextmanager
def _processes(name: str, number: int, upstream: str) -> Iterator[Contestant]:
    """An installation of its own with so many server processes; one alone has no Redis."""
    with ExitStack() as stack:
        own = stack.enter_context(installation(DEEPSEEK_API_KEY="sk-bench", DEEPSEEK_BASE_URL=upstream))
        if number == 1:
            own["REDIS_URL"] = ""
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        servers = [stack.enter_context(LiveServer(folder / "var", own, loop_limit=None)) for _ in range(number)]
        cookies = make_people(_LOAD.streams, servers[0].data_dir, own)
        ports, pids = [server.port for server in servers], [server.pid for server in servers]
        yield Contestant(name, ports, pids, cookies, keeps=True)
