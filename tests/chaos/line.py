"""A line to a TCP server that can be cut, refused or made to hang, as networks and firewalls do."""

from __future__ import annotations

import asyncio
import contextlib
from enum import StrEnum
from typing import Self

_CHUNK = 1 << 16


class Fault(StrEnum):
    REFUSED = "refused"
    """Connections end at once, old and new ones."""
    SILENT = "silent"
    """Nothing passes any more and nothing is said about it; what waits then passes when the line is mended."""
    LOST = "lost"
    """As silent, but what was on its way is gone and the connections of that time end with the mending."""


class Line:
    """`async with Line(host, port) as line`: `line.port` leads to that server as long as nothing is wrong."""

    def __init__(self, host: str, port: int) -> None:
        self._target = (host, port)
        self._fault: Fault | None = None
        self._open = asyncio.Event()
        self._open.set()
        self._writers: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        self.port = int(self._server.sockets[0].getsockname()[1])
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        self._abort()
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def fail(self, fault: Fault) -> None:
        self._fault = fault
        self._open.clear()
        if fault is Fault.REFUSED:
            self._abort()

    def mend(self) -> None:
        fault, self._fault = self._fault, None
        if fault is Fault.LOST:
            self._abort()
        self._open.set()

    def _abort(self) -> None:
        for writer in self._writers:
            writer.transport.abort()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self._writers.add(writer)
        try:
            if self._fault is Fault.REFUSED:
                return
            await self._open.wait()
            with contextlib.suppress(OSError):
                await self._join(reader, writer)
        finally:
            writer.transport.abort()
            self._writers.discard(writer)
            self._tasks.discard(task)

    async def _join(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Carry bytes both ways until one side ends."""
        far_reader, far_writer = await asyncio.open_connection(*self._target)
        self._writers.add(far_writer)
        ways = [asyncio.create_task(self._carry(*ends)) for ends in ((reader, far_writer), (far_reader, writer))]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)
            far_writer.transport.abort()
            self._writers.discard(far_writer)

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(_CHUNK):
            await self._open.wait()
            writer.write(data)
            await writer.drain()
