"""Mutated answers over real sockets: nothing stays behind. `bin/bench fuzz` takes a hundred thousand of them."""

from __future__ import annotations

import asyncio
import random

from tests.deepseek.leftovers import FORMATS, Inputs, client_for, held, open_files, talk
from tests.deepseek.server import ScriptedServer
from tests.deepseek.talking import until

COUNT = 450  # for each format


async def test_nothing_is_left_behind_by_mutated_answers() -> None:
    complaints: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: complaints.append(context))
    files, objects = open_files(), held()
    chance = random.Random(7)
    for wire, bodies in FORMATS:
        async with ScriptedServer() as server, client_for(server, wire) as deepseek:
            server.scripts = inputs = Inputs(bodies, chance)
            while inputs.given < COUNT:
                await asyncio.gather(*(talk(deepseek, chance) for _ in range(30)))
            gate = deepseek._upstream.gate("deepseek-flash")
            assert (gate.running, gate.waiting) == (0, 0)
        await until(lambda: server.open_connections == 0)
        await until(lambda: len(asyncio.all_tasks()) == 1)
    await until(lambda: held() <= objects)  # generators take a turn of the loop to go
    await until(lambda: open_files() <= files)
    assert complaints == []
