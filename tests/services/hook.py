"""A webhook over TCP: keeps what it got, and can refuse."""

from __future__ import annotations

import asyncio
import json
from typing import Any, Self

from aiohttp import web


class Hook:
    """From `async with` on, at `url`. Answers the numbers in `answers` one after the other, then 204."""

    def __init__(self, *answers: int) -> None:
        self.got: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.bodies: list[bytes] = []
        self._answers = list(answers)
        self._came = asyncio.Event()
        self.url = ""

    async def __aenter__(self) -> Self:
        application = web.Application()
        application.router.add_post("/hook", self._take)
        self._runner = web.AppRunner(application, access_log=None)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.url = f"http://127.0.0.1:{site.port}/hook"
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._runner.cleanup()

    async def until(self, number: int) -> list[tuple[str, str]]:
        """Kind and news of what came, once it is so many."""
        async with asyncio.timeout(20):
            while len(self.got) < number:
                self._came.clear()
                await self._came.wait()
        return [(each["kind"], each["news"]) for each in self.got]

    async def _take(self, request: web.Request) -> web.Response:
        body = await request.read()
        self.bodies.append(body)
        self.got.append(json.loads(body))
        self.headers.append(dict(request.headers))
        self._came.set()
        return web.Response(status=self._answers.pop(0) if self._answers else 204)
