"""Bursts of the server and of the bare relay, in turns, and what they say of each other."""

from __future__ import annotations

import asyncio
import gc
import statistics
from collections import Counter
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass

import aiohttp

from tests.benchmarks.relay.burst import Burst, burst, resident_kb
from tests.benchmarks.relay.load import Apart, Browser

_SETTLE = 0.3
_WARM_UP = 3
"""Bursts that are not counted: connections, prepared statements, caches."""
_MEMORY_STREAMS = 200
_MIDST = 3.0
"""Seconds after the start of a burst at which its memory is read."""


@dataclass(frozen=True)
class Load:
    """`streams` answers at once, `rate` deltas a second each; CPU is fitted over two lengths of answer."""

    streams: int
    rate: float
    short: int
    long: int


@dataclass(frozen=True)
class Contestant:
    """A server: where its browsers go (in turns, if it is several processes), its processes, and whether it keeps what
    it relays."""

    name: str
    ports: Sequence[int]
    pids: Sequence[int]
    cookies: Sequence[str]
    keeps: bool
    apart: bool = False
    """Whether each answer is read at another process than the one that runs it."""


@dataclass(frozen=True)
class Round:
    """One burst of short answers and one of long ones, on the same sockets."""

    short: Burst
    long: Burst

    @property
    def slope(self) -> float:
        """Microseconds of CPU for a delta."""
        more = self.long.streams * (self.long.deltas - self.short.deltas)
        return (self.long.cpu - self.short.cpu) / more * 1e6

    @property
    def fixed(self) -> float:
        """Milliseconds of CPU for an answer beside its deltas: start, end, title."""
        return self.short.cpu / self.short.streams * 1e3 - self.slope * self.short.deltas / 1e3

    @property
    def faults(self) -> Counter[str]:
        return self.short.faults + self.long.faults


@dataclass(frozen=True)
class Figures:
    """Medians of rounds; of times, the median of the rounds' median or 99th percentile, in milliseconds."""

    slope: float
    fixed: float
    first: float
    to_upstream: float
    p50: float
    p99: float
    faults: Counter[str]


class Browsers(AsyncExitStack):
    """Open sockets of a contestant's members."""

    def __init__(self, contestant: Contestant, number: int) -> None:
        super().__init__()
        self._contestant = contestant
        self._number = number

    async def open(self) -> list[Browser]:
        session = await self.enter_async_context(aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)))
        opened = [await self._browser(session, count) for count in range(self._number)]
        await asyncio.sleep(_SETTLE)
        return opened

    async def _browser(self, session: aiohttp.ClientSession, count: int) -> Browser:
        it = self._contestant
        port, other = (it.ports[(count + step) % len(it.ports)] for step in (0, 1))
        if not it.apart:
            return await self.enter_async_context(Browser(session, port, it.cookies[count]))
        reader = await self.enter_async_context(Browser(session, other, it.cookies[count]))
        return await self.enter_async_context(Apart(session, port, it.cookies[count], reader=reader))


async def warm_up(contestant: Contestant, streams: int) -> None:
    async with Browsers(contestant, streams) as browsers:
        opened = await browsers.open()
        for _ in range(_WARM_UP):
            await burst(opened, contestant.pids, deltas=10, rate=50, keeps=contestant.keeps)


async def one_round(contestant: Contestant, load: Load) -> Round:
    async with Browsers(contestant, load.streams) as browsers:
        opened = await browsers.open()
        bursts = []
        for deltas in (load.short, load.long):
            gc.collect()
            bursts.append(await burst(opened, contestant.pids, deltas=deltas, rate=load.rate, keeps=contestant.keeps))
    return Round(*bursts)


async def compete(contestants: Sequence[Contestant], load: Load, rounds: int) -> dict[str, Figures]:
    """Rounds of all contestants in turns, so that a slow moment of the machine is shared."""
    found: dict[str, list[Round]] = {each.name: [] for each in contestants}
    for _ in range(rounds):
        for each in contestants:
            found[each.name].append(await one_round(each, load))
    return {name: _figures(each) for name, each in found.items()}


def _figures(rounds: list[Round]) -> Figures:
    bursts = [each.long for each in rounds]
    return Figures(
        slope=statistics.median(each.slope for each in rounds),
        fixed=statistics.median(each.fixed for each in rounds),
        first=_median_of(0.5, [each.first for each in bursts]),
        to_upstream=_median_of(0.5, [each.to_upstream for each in bursts]),
        p50=_median_of(0.5, [each.latencies for each in bursts]),
        p99=_median_of(0.99, [each.latencies for each in bursts]),
        faults=sum((each.faults for each in rounds), Counter()),
    )


def _median_of(share: float, samples: list[list[float]]) -> float:
    """The median over bursts of a percentile; infinite when nothing came."""
    return statistics.median(
        sorted(sample)[min(len(sample) - 1, int(len(sample) * share))] if sample else float("inf") for sample in samples
    )


async def memory(contestant: Contestant) -> tuple[float, float]:
    """Kilobytes (of 1000 bytes) of resident memory of an idle socket, and of a running answer beside its socket."""
    async with Browsers(contestant, _MEMORY_STREAMS) as browsers:
        (pid,) = contestant.pids
        before = resident_kb(pid)
        opened = await browsers.open()
        idle = resident_kb(pid)
        running = asyncio.ensure_future(burst(opened, [pid], deltas=400, rate=50, keeps=contestant.keeps))
        await asyncio.sleep(_MIDST)
        busy = resident_kb(pid)
        await running
    return (idle - before) / _MEMORY_STREAMS, (busy - idle) / _MEMORY_STREAMS
