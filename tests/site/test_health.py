"""Health addresses."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from django.db import connection
from django.test import AsyncClient

from chatsite import database, health
from conversations.services import process
from conversations.services.process import ServerProcess

GOOD = {
    "ready": True,
    "closing": False,
    "database": True,
    "channel_layer": True,
    "takeovers": True,
    "generations": {"running": 0, "queued": 0, "stalled": 0},
}


@pytest.fixture(autouse=True)
def _fresh_look(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "_look", health.Look())


@pytest_asyncio.fixture
async def server(transactional_db: None) -> AsyncIterator[ServerProcess]:
    current = await process.current()
    async with asyncio.timeout(20):
        # It has to be heard by itself over Redis first.
        while not (await health.Look().parts())["channel_layer"]:
            await asyncio.sleep(0.05)
    yield current
    await process.close(0)


async def report(client: AsyncClient) -> tuple[int, dict[str, Any]]:
    """Status and JSON of `/readyz`, without the pool, whose size and work are the database's."""
    response = await client.get("/readyz")
    answer: dict[str, Any] = response.json()
    assert answer.pop("database_pool")["threads"] > 0
    return response.status_code, answer


@pytest.mark.django_db(transaction=True)
async def test_a_living_process_says_so(async_client: AsyncClient) -> None:
    response = await async_client.get("/healthz")
    assert (response.status_code, response.content) == (200, b"ok\n")
    assert response["Cache-Control"] == "no-store"


@pytest.mark.django_db(transaction=True)
async def test_probes_come_by_any_name_and_only_look(async_client: AsyncClient, server: ServerProcess) -> None:
    for path in ("/healthz", "/readyz"):
        assert (await async_client.get(path, headers={"host": "10.1.2.3:8000"})).status_code == 200
        assert (await async_client.post(path)).status_code == 405


@pytest.mark.django_db(transaction=True)
async def test_ready_means_that_all_parts_answer(async_client: AsyncClient, server: ServerProcess) -> None:
    assert await report(async_client) == (200, GOOD)


@pytest.mark.django_db(transaction=True)
async def test_a_process_that_is_not_started_or_ends_is_not_ready(async_client: AsyncClient) -> None:
    status, answer = await report(async_client)
    assert status == 503
    assert answer == {
        "ready": False,
        "closing": False,
        "database": True,
        "channel_layer": False,
        "takeovers": False,
    }


@pytest.mark.django_db(transaction=True)
async def test_a_process_that_begins_to_end_says_so_at_once(async_client: AsyncClient, server: ServerProcess) -> None:
    assert (await report(async_client))[0] == 200
    ending = asyncio.create_task(process.close(0))
    await asyncio.sleep(0)
    status, answer = await report(async_client)
    await ending
    assert (status, answer["ready"]) == (503, False)


@pytest.mark.django_db(transaction=True)
async def test_a_dead_sweep_is_not_ready(async_client: AsyncClient, server: ServerProcess) -> None:
    assert server._sweeping is not None
    server._sweeping.cancel()
    await asyncio.wait([server._sweeping])
    assert await report(async_client) == (503, GOOD | {"ready": False, "takeovers": False})


@pytest.mark.django_db(transaction=True)
async def test_a_database_that_does_not_answer_in_time_is_not_ready(
    async_client: AsyncClient, server: ServerProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(health, "_PATIENCE", 1.0)
    free = asyncio.Event()
    loop = asyncio.get_running_loop()

    def occupy() -> None:
        asyncio.run_coroutine_threadsafe(free.wait(), loop).result()

    threads = database.load().threads
    occupied = [asyncio.create_task(database.run(occupy)) for _ in range(threads)]
    await asyncio.sleep(0)
    response = await async_client.get("/readyz")
    free.set()
    await asyncio.gather(*occupied)
    answer = response.json()
    assert (response.status_code, answer["database"], answer["channel_layer"]) == (503, False, True)
    assert answer["database_pool"]["busy"] == threads


@pytest.mark.django_db(transaction=True)
async def test_a_hundred_who_ask_at_once_are_one_look(
    async_client: AsyncClient, server: ServerProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks: list[str] = []
    select_one = health._select_one

    def counted() -> None:
        looks.append(connection.vendor)
        select_one()

    monkeypatch.setattr(health, "_select_one", counted)
    answers = await asyncio.gather(*(async_client.get("/readyz") for _ in range(100)))
    assert {answer.status_code for answer in answers} == {200}
    assert len(looks) == 1
