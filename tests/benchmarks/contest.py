"""One measurement of one contender in a process of its own: `python -m …contest WHAT CONTENDER URL` prints a number.

All run on uvloop, as the server does. CPU is that of the measuring process, user and system together.
"""

from __future__ import annotations

import asyncio
import gc
import resource
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import uvloop

from tests.benchmarks.chunks import WORD
from tests.benchmarks.contenders import CONTENDERS, Ask, Contender
from tests.benchmarks.upstream import BULK, STREAMS
from tests.live.prepared import ROOT

_WARM_UP = 1.0
_WINDOW = 4.0
"""Seconds of pacing that are measured."""

_OPEN_STREAMS = 200
_KIB = 1024
LINE_ERROR = "protocol_limit limit=line"


class Reading:
    """The pieces that have come, and the CPU time up to now."""

    def __init__(self) -> None:
        self._characters = 0

    def seen(self, characters: int) -> None:
        self._characters += characters

    @property
    def pieces(self) -> float:
        return self._characters / len(WORD)

    def mark(self) -> tuple[float, float]:
        return time.process_time(), self.pieces


async def paced(contender: Contender, url: str) -> float:
    """Microseconds of CPU for one event, with STREAMS streams at once and a new piece on each every 20 ms."""
    reading = Reading()
    async with contender(f"{url}/paced") as ask, _Streams(ask, reading, STREAMS):
        await asyncio.sleep(_WARM_UP)
        cpu, pieces = reading.mark()
        await asyncio.sleep(_WINDOW)
        cpu_after, pieces_after = reading.mark()
    return (cpu_after - cpu) / (pieces_after - pieces) * 1e6


async def bulk(contender: Contender, url: str) -> float:
    """Microseconds of CPU for one event of an answer that comes all at once."""
    reading, warm_up = Reading(), Reading()
    async with contender(f"{url}/short") as ask:
        await ask(warm_up.seen)
    async with contender(f"{url}/bulk") as ask:
        cpu, _ = reading.mark()
        await ask(reading.seen)
        cpu_after, pieces = reading.mark()
    if pieces != BULK:
        raise RuntimeError(f"{pieces} pieces of {BULK} came")
    return (cpu_after - cpu) / pieces * 1e6


async def memory(contender: Contender, url: str) -> float:
    """Kilobytes (of 1000 bytes) of resident memory for one open stream.

    Resident memory and not what Python traces: the event loop and the parser of HTTP allocate outside of it.
    """
    first, rest = Reading(), Reading()
    async with contender(f"{url}/paced") as ask, _Streams(ask, first, 1):
        await asyncio.sleep(_WARM_UP)
        gc.collect()
        before = _resident()
        async with _Streams(ask, rest, _OPEN_STREAMS):
            while rest.pieces < 2 * _OPEN_STREAMS:
                await asyncio.sleep(0.1)
            return (_resident() - before) / _OPEN_STREAMS / 1000


async def line(contender: Contender, url: str) -> float:
    """Kilobytes (of 1000 bytes) by which the peak of memory rises while a line without an end comes in. Raises
    RuntimeError unless the answer ends in the client's own error about it.
    """
    reading = Reading()
    async with contender(f"{url}/short") as ask:
        await ask(reading.seen)
    ended: list[str] = []
    async with contender(f"{url}/line") as ask:
        _begin_peak()
        before = _resident()
        await ask(reading.seen, ended.append)
    if ended != [LINE_ERROR]:
        raise RuntimeError(f"the line ended as {ended}")
    return (_peak() - before) / 1000


MEASUREMENTS: dict[str, Callable[[Contender, str], Awaitable[float]]] = {
    "paced": paced,
    "bulk": bulk,
    "memory": memory,
    "line": line,
}


class _Streams(AsyncExitStack):
    """Several questions at once, hung up at the end. Raises what one of them raised."""

    def __init__(self, ask: Ask, reading: Reading, number: int) -> None:
        super().__init__()
        self._tasks = [asyncio.ensure_future(ask(reading.seen)) for _ in range(number)]
        self.push_async_callback(self._hang_up)

    async def _hang_up(self) -> None:
        over = [task for task in self._tasks if task.done()]
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if over:
            raise RuntimeError(f"{len(over)} of {len(self._tasks)} streams ended by themselves")


def _begin_peak() -> None:
    """That of the imports may be far above what is resident by now."""
    Path("/proc/self/clear_refs").write_text("5")


def _peak() -> int:
    """The most that was resident since `_begin_peak`."""
    (line,) = (line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM:"))
    return int(line.split()[1]) * _KIB


def _resident() -> int:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize()


def compete(what: str, contender: str, url: str) -> float:
    """Runs one measurement in a fresh process."""
    command = [sys.executable, "-m", __name__, what, contender, url]
    return float(subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout)


async def _main(what: str, contender: str, url: str) -> None:
    print(await MEASUREMENTS[what](CONTENDERS[contender], url))


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_main(*sys.argv[1:]))
