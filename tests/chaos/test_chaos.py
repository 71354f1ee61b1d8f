"""No text is lost and none is doubled, whatever happens to servers, databases, connections and readers.

`CHAOS_SECONDS` is how long disasters go on (minutes find more than CI's seconds), `CHAOS_SEED` repeats a run's choices.
"""

from __future__ import annotations

import asyncio
import os
import random
import time
from pathlib import Path

import pytest

from conversations.simulator import Simulator
from tests.chaos import site as sites
from tests.chaos.people import People
from tests.chaos.site import Site
from tests.chaos.truth import Truth

SECONDS = float(os.environ.get("CHAOS_SECONDS", "20"))
_SETTLED_WITHIN = 45.0


@pytest.fixture
def chance() -> random.Random:
    seed = int(os.environ.get("CHAOS_SEED", "0")) or random.SystemRandom().randrange(1, 10**6)
    print(f"CHAOS_SEED={seed}")
    return random.Random(seed)


@pytest.mark.skipif(sites.is_complete(), reason="DATABASE_URL and REDIS_URL ask for several servers")
async def test_one_embedded_server(tmp_path: Path, chance: random.Random) -> None:
    async with Simulator(speed=60) as simulator, sites.site(tmp_path, simulator, chance, size=1) as site:
        await _suffer(site, Truth(simulator), chance)


@pytest.mark.skipif(not sites.is_complete(), reason="several servers need DATABASE_URL (PostgreSQL) and REDIS_URL")
async def test_two_servers_on_postgresql_and_redis(tmp_path: Path, chance: random.Random) -> None:
    async with Simulator(speed=60) as simulator, sites.site(tmp_path, simulator, chance, size=2) as site:
        await _suffer(site, Truth(simulator), chance)


async def _suffer(site: Site, truth: Truth, chance: random.Random) -> None:
    keeper = asyncio.create_task(site.keep_up())
    try:
        async with People(site, chance) as people:
            await _go_on(site, people, chance)
            await site.ready()
            await people.settle(_SETTLED_WITHIN, truth)
        assert not keeper.done(), keeper
    finally:
        keeper.cancel()
        print("\n".join(site.journal))


async def _go_on(site: Site, people: People, chance: random.Random) -> None:
    """Disasters, and people who reload, leave and come back all the time."""
    people.begin()
    restless = asyncio.create_task(people.fidget())
    deadline = time.monotonic() + SECONDS
    disasters = site.disasters()
    while time.monotonic() < deadline:
        await asyncio.sleep(chance.uniform(0.5, 3))
        # Often two at once: the database is away while a server starts, or both are.
        await asyncio.gather(*(chance.choice(disasters)() for _ in range(chance.choice((1, 1, 2)))))
    people.rest()
    await restless
