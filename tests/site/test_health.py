"""Health addresses."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import AsyncClient

from chatsite import health


@pytest.mark.django_db(transaction=True)
async def test_a_living_process_says_so(async_client: AsyncClient) -> None:
    response = await async_client.get("/healthz")
    assert (response.status_code, response.content) == (200, b"ok\n")


@pytest.mark.django_db(transaction=True)
async def test_ready_means_that_database_and_channel_layer_answer(async_client: AsyncClient) -> None:
    response = await async_client.get("/readyz")
    assert response.status_code == 200
    assert response.json() == {"ready": True, "database": True, "channel_layer": True}


@pytest.mark.django_db(transaction=True)
async def test_a_part_that_does_not_answer_makes_it_unready(
    async_client: AsyncClient, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(health, "_PATIENCE", 0.5)
    settings.CHANNEL_LAYERS = {
        "default": {"BACKEND": "channels_redis.core.RedisChannelLayer", "CONFIG": {"hosts": ["redis://127.0.0.1:1/"]}}
    }
    response = await async_client.get("/readyz")
    assert response.status_code == 503
    assert response.json() == {"ready": False, "database": True, "channel_layer": False}
