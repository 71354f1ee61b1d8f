"""An installation of several processes."""

from __future__ import annotations

import dataclasses
from collections.abc import AsyncIterator
from typing import Any

import pytest_asyncio

from conversations.simulator import Simulator
from tests.services.processes.installation import LEASE, Installation


@pytest_asyncio.fixture
async def simulator() -> AsyncIterator[Simulator]:
    async with Simulator(speed=100) as simulator:
        yield simulator


@pytest_asyncio.fixture
async def process(simulator: Simulator, settings: Any, transactional_db: None) -> AsyncIterator[Installation]:
    """An installation without processes yet; calling it starts one."""
    settings.ENVIRONMENT = dataclasses.replace(
        settings.ENVIRONMENT,
        deepseek_base_url=simulator.base_url,
        deepseek_api_key="sk-tests",
        demo=False,
        checkpoint_interval=0.1,
        lease=LEASE,
    )
    installation = Installation(settings.ENVIRONMENT)
    yield installation
    for each in installation.processes:
        await each.close(0)
