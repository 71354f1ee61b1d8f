from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest

from conversations.simulator import Simulator

from .asking import client_of


@pytest.fixture
async def simulator() -> AsyncIterator[Simulator]:
    async with Simulator() as running:
        yield running


@pytest.fixture
async def client(simulator: Simulator) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(simulator) as opened:
        yield opened
