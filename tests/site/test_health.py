"""Health addresses."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from django.test import AsyncClient

from conversations.services import process
from conversations.services.process import ServerProcess


@pytest_asyncio.fixture
async def server(transactional_db: None) -> AsyncIterator[ServerProcess]:
    yield await process.current()
    await process.close(0)


@pytest.mark.django_db(transaction=True)
async def test_a_living_process_says_so(async_client: AsyncClient) -> None:
    response = await async_client.get("/healthz")
    assert (response.status_code, response.content) == (200, b"ok\n")


@pytest.mark.django_db(transaction=True)
async def test_ready_means_that_the_database_answers_and_the_process_hears_itself(
    async_client: AsyncClient, server: ServerProcess
) -> None:
    response = await async_client.get("/readyz")
    assert response.status_code == 200
    assert response.json() == {"ready": True, "database": True, "channel_layer": True}


@pytest.mark.django_db(transaction=True)
async def test_a_process_that_is_not_started_or_ends_is_not_ready(async_client: AsyncClient) -> None:
    response = await async_client.get("/readyz")
    assert response.status_code == 503
    assert response.json() == {"ready": False, "database": True, "channel_layer": False}
