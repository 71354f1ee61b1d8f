"""A server process in the test's own loop, talking to the simulator over TCP, and sockets of signed-in people."""

from __future__ import annotations

import dataclasses
from collections.abc import AsyncIterator, Awaitable, Callable
from importlib import import_module
from typing import Any

import pytest
import pytest_asyncio
from django.apps import apps

from chatsite.accounts.models import User
from conversations.models import Price
from conversations.services import process
from conversations.services.process import ServerProcess
from conversations.simulator import Simulator
from tests.loop_watch import _blocks, _loop_is_free  # noqa: F401 - fixtures
from tests.realtime.tab import Tab, cookie_of

SocketOf = Callable[[User], Awaitable[Tab]]


@pytest.fixture
def prices(transactional_db: None) -> None:
    """The seeded prices, which the test before has flushed away."""
    if not Price.objects.exists():
        import_module("conversations.migrations.0002_prices").seed(apps, None)


@pytest_asyncio.fixture
async def simulator() -> AsyncIterator[Simulator]:
    async with Simulator(speed=400) as simulator:
        yield simulator


@pytest_asyncio.fixture
async def server(simulator: Simulator, settings: Any, prices: None) -> AsyncIterator[ServerProcess]:
    """The process's living parts, with short clocks, the seeded prices and the simulator as upstream."""
    settings.ENVIRONMENT = dataclasses.replace(
        settings.ENVIRONMENT,
        deepseek_base_url=simulator.base_url,
        redis_url="",
        checkpoint_interval=0.1,
        lease=2.0,
        demo=False,
        deepseek_api_key="sk-tests",
    )
    yield await process.current()
    await process.close(5)


@pytest_asyncio.fixture
async def tab(server: ServerProcess) -> AsyncIterator[SocketOf]:
    """Opens a tab of a person: a connected socket that has been greeted."""
    tabs: list[Tab] = []

    async def open_tab(user: User) -> Tab:
        new = Tab(await cookie_of(user))
        tabs.append(new)
        await new.connect()
        greeting: dict[str, Any] = await new.frame("hello")
        assert greeting["process"] == server.channel
        return new

    yield open_tab
    for each in tabs:
        await each.close()
