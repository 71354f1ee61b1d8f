"""The installation that is made to suffer: its servers, its database and Redis behind lines, and what can happen to
them.
"""

from __future__ import annotations

import asyncio
import os
import random
import signal
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from urllib.parse import SplitResult, urlsplit, urlunsplit

import redis

from conversations.simulator import Simulator
from tests.chaos.line import Fault, Line
from tests.live.server import LiveServer, installation

LEASE = 2.0
_RESPAWN = 0.5
_READY_WITHIN = 60.0
_CLOCKS = {"LEASE": str(LEASE), "CHECKPOINT_INTERVAL": "0.5", "SHUTDOWN_GRACE": "3"}

Disaster = Callable[[], Awaitable[None]]


class Site:
    """Servers that are started again when they end, as an orchestrator would, and lines to what they need."""

    def __init__(
        self,
        servers: list[LiveServer],
        database: Line | None,
        layer: Line | None,
        redis_url: str,
        chance: random.Random,
    ) -> None:
        self.servers = servers
        self.journal: list[str] = []
        self.waits = random.Random(chance.random())
        self.database = database
        self.layer = layer
        self._redis_url = redis_url
        self._chance = chance
        self._began = time.monotonic()
        self._ending = False

    def note(self, what: str) -> None:
        self.journal.append(f"{time.monotonic() - self._began:6.2f} {what}")

    def disasters(self) -> list[Disaster]:
        """What can happen here, the frequent more than once."""
        some: list[Disaster] = [self.kill, self.kill, self.pause, self.pause, self.restart]
        if self.database is not None:
            some += [self.lose_database, self.lose_database]
        if self.layer is not None:
            some += [self.lose_layer, self.lose_layer, self.empty_layer]
        return some

    async def keep_up(self) -> None:
        """Start again what has ended, until cancelled."""
        while True:
            for server in self.servers:
                if not server.is_alive and not self._ending:
                    self.note(f"{_name(server)} is started again")
                    server.spawn()
            await asyncio.sleep(_RESPAWN)

    async def ready(self) -> None:
        """Return once all servers are."""
        for server in self.servers:
            await self._readiness(server)

    # --- what can happen ------------------------------------------------------------------------------------------

    async def kill(self) -> None:
        server = self._one()
        self.note(f"{_name(server)} is killed")
        server.send(signal.SIGKILL)

    async def restart(self) -> None:
        """As an upgrade does: one after the other, each one only when the one before is ready."""
        for server in self.servers:
            self.note(f"{_name(server)} is asked to end")
            ending = server.pid
            server.send(signal.SIGTERM)
            while server.is_alive and server.pid == ending:
                await asyncio.sleep(0.1)
            self.note(f"{_name(server)} ended")
            await asyncio.sleep(_RESPAWN * 2)
            await self._readiness(server)

    async def pause(self) -> None:
        """For longer than its leases last."""
        server, seconds = self._one(), LEASE * self._chance.uniform(0.5, 2.5)
        self.note(f"{_name(server)} is paused for {seconds:.1f} s")
        server.send(signal.SIGSTOP)
        await asyncio.sleep(seconds)
        server.send(signal.SIGCONT)
        self.note(f"{_name(server)} goes on")

    async def lose_database(self) -> None:
        assert self.database is not None
        await self._lose("the database", self.database)

    async def lose_layer(self) -> None:
        assert self.layer is not None
        await self._lose("Redis", self.layer)

    async def empty_layer(self) -> None:
        """As after a restart without a disk."""
        self.note("Redis forgets everything")
        with redis.Redis.from_url(self._redis_url) as client:
            client.flushdb()

    async def _lose(self, what: str, line: Line) -> None:
        fault, seconds = self._chance.choice(tuple(Fault)), self._chance.uniform(0.3, 6)
        self.note(f"{what} is {fault} for {seconds:.1f} s")
        line.fail(fault)
        await asyncio.sleep(seconds)
        line.mend()
        self.note(f"{what} is back")

    async def _readiness(self, server: LiveServer) -> None:
        """It may have to be started several times: it does not start without its database."""
        async with asyncio.timeout(_READY_WITHIN):
            while not await asyncio.to_thread(server.is_ready):
                await asyncio.sleep(0.1)

    def _one(self) -> LiveServer:
        return self._chance.choice(self.servers)


def _name(server: LiveServer) -> str:
    return f"server {server.port}"


@asynccontextmanager
async def site(folder: Path, simulator: Simulator, chance: random.Random, *, size: int) -> AsyncIterator[Site]:
    """`size` servers of a fresh installation, ready. With more than one, PostgreSQL and Redis are behind lines."""
    async with AsyncExitStack() as stack:
        made = installation(DEEPSEEK_API_KEY="sk-tests", DEEPSEEK_BASE_URL=simulator.base_url, **_CLOCKS)
        own = await asyncio.to_thread(made.__enter__)
        stack.push_async_callback(asyncio.to_thread, made.__exit__, None, None, None)
        redis_url = own.get("REDIS_URL", "")
        database = layer = None
        if size > 1:
            database, own["DATABASE_URL"] = await _line(stack, own["DATABASE_URL"], 5432)
            layer, own["REDIS_URL"] = await _line(stack, own["REDIS_URL"], 6379)
        servers = [LiveServer(folder / "var", own, loop_limit=None) for _ in range(size)]
        made_site = Site(servers, database, layer, redis_url, chance)
        for server in servers:
            stack.push_async_callback(asyncio.to_thread, server.stop, signal.SIGKILL)
            await asyncio.to_thread(server.start)
        try:
            yield made_site
        finally:
            made_site._ending = True


async def _line(stack: AsyncExitStack, url: str, usual_port: int) -> tuple[Line, str]:
    """A line to the server in `url`, and the address through it."""
    parts = urlsplit(url)
    line = await stack.enter_async_context(Line(parts.hostname or "127.0.0.1", parts.port or usual_port))
    return line, urlunsplit(parts._replace(netloc=_through(parts, line.port)))


def _through(parts: SplitResult, port: int) -> str:
    account, at, _ = parts.netloc.rpartition("@")
    return f"{account}{at}127.0.0.1:{port}"


def is_complete() -> bool:
    """Whether there are a PostgreSQL and a Redis for several servers."""
    return os.environ.get("DATABASE_URL", "").startswith("postgres") and bool(os.environ.get("REDIS_URL"))
