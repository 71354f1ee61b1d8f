"""A hundred thousand mutated answers over real sockets: each question ends as it should, and nothing stays behind.

Half of them in each format. Afterwards tasks, open files, places in the queue and the objects that hold buffers are
counted, as they were after a warm-up.
"""

from __future__ import annotations

import asyncio
import random
import resource
import time
from collections import Counter
from pathlib import Path
from typing import Any

import uvloop

from conversations.deepseek import DeepSeekClient
from tests.benchmarks.result import Bar, Result
from tests.deepseek.leftovers import FORMATS, Inputs, client_for, held, open_files, talk
from tests.deepseek.server import ScriptedServer

INPUTS = 100_000
WARM_UP = 4_000
AT_ONCE = 100  # more than the client's limit, so that some wait for their turn
_ROUND = 1_000
_PATIENCE = 30  # seconds; no clock of a call is longer than a tenth of one
_MOST_MEMORY = 16
_MIB = 1024 * 1024
_WAYS = ("streamed", "plain", "stopped", "cancelled")


class Tally(Counter[str]):
    """What happened, by name."""

    def complain(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """The event loop's handler: exceptions that nobody took, and connections that nobody closed."""
        self["complaints of the event loop"] += 1
        loop.default_exception_handler(context)


def measure() -> Result:
    tally = Tally()
    began = time.perf_counter()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(fuzz(tally, INPUTS, seed=1))
    figures: dict[str, float] = {"seconds": time.perf_counter() - began, "inputs": tally["inputs"]}
    figures |= {f"questions that were {way}": tally[way] for way in _WAYS}
    figures["connections"] = tally["connections"]
    bars = [Bar("inputs that are missing", max(0, INPUTS - tally["inputs"]), 0)]
    bars += [Bar(name, tally[name], 0) for name in ("faults", "complaints of the event loop")]
    bars += [Bar(f"{name} left", tally[name], 0) for name in ("tasks", "open files", "places", "objects")]
    bars.append(Bar("resident memory, MiB more", tally["bytes"] / _MIB, _MOST_MEMORY))
    return Result(figures=figures, bars=bars)


async def fuzz(tally: Tally, inputs: int, seed: int) -> None:
    """Puts `inputs` inputs through clients of each format, after a warm-up, and counts what is left."""
    asyncio.get_running_loop().set_exception_handler(tally.complain)
    chance = random.Random(seed)
    await _talks(tally, WARM_UP, chance)
    tally.clear()
    files, objects, resident = open_files(), held(), _resident()
    await _talks(tally, inputs, chance)
    tally["tasks"] = len(asyncio.all_tasks()) - 1
    tally["objects"] = max(0, held() - objects)
    tally["open files"] = max(0, open_files() - files)
    tally["bytes"] = max(0, _resident() - resident)


async def _talks(tally: Tally, inputs: int, chance: random.Random) -> None:
    for wire, bodies in FORMATS:
        async with ScriptedServer() as server, client_for(server, wire) as client:
            server.scripts = given = Inputs(bodies, chance)
            while given.given < inputs // len(FORMATS):
                await _round(tally, client, chance)
                server.seen.clear()
            gate = client._upstream.gate("deepseek-flash")
            tally["places"] += gate.running + gate.waiting
        tally["inputs"] += given.given
        tally["connections"] += server.connections
        await _settled(server)


async def _round(tally: Tally, client: DeepSeekClient, chance: random.Random) -> None:
    questions = iter(range(_ROUND))

    async def ask() -> None:
        for _ in questions:
            task = asyncio.ensure_future(talk(client, chance))
            await asyncio.wait([task], timeout=_PATIENCE)
            if not task.done():
                task.cancel()
                await asyncio.wait([task])
                error: BaseException | None = TimeoutError()
            else:
                error = task.exception()
            if error:
                tally["faults"] += 1
                print(f"fault: {error!r}")
            else:
                tally[task.result()] += 1

    await asyncio.gather(*(ask() for _ in range(AT_ONCE)))


async def _settled(server: ScriptedServer) -> None:
    """The server has noticed that all have hung up, or had five seconds for it."""
    for _ in range(500):
        if server.open_connections == 0 and len(asyncio.all_tasks()) == 1:
            return
        await asyncio.sleep(0.01)


def _resident() -> int:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize()
