"""The watchman of one process: does the duties that nobody else has claimed. Every process has one; none is special."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta

from django.db import Error as DatabaseError

from chatsite import database
from conversations.services import duties

logger = logging.getLogger(__name__)

_LOOK_EVERY = 5.0
"""Seconds between two looks for what is due."""


@dataclass(frozen=True, slots=True)
class Duty:
    """`work` is done by one process, at most once in `every`, unless it asks for another time itself."""

    name: str
    every: timedelta
    work: Callable[[], Awaitable[None]]


class Watchman:
    """Use from one event loop; `wake` from any thread once `watch` runs."""

    def __init__(self, own: Sequence[Duty]) -> None:
        self._duties = {duty.name: duty for duty in own}
        self._hurried: set[str] = set()
        self._woken = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None

    def hurry(self, name: str) -> None:
        """A duty is to be done now, by this process. From any thread."""
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._hurry, name)

    def _hurry(self, name: str) -> None:
        self._hurried.add(name)
        self._woken.set()

    async def watch(self) -> None:
        """Until cancelled."""
        self._loop = asyncio.get_running_loop()
        missing = True
        while True:
            self._woken.clear()
            try:
                if missing:
                    await database.run(duties.ensure, tuple(self._duties))
                    missing = False
                await self._do_due()
            except DatabaseError as error:
                logger.warning("duties wait for the database (%s)", type(error).__name__)
            with suppress(TimeoutError):
                async with asyncio.timeout(_LOOK_EVERY):
                    await self._woken.wait()

    async def _do_due(self) -> None:
        hurried, self._hurried = self._hurried, set()
        for name in hurried:
            await database.run(duties.again, name, timedelta())
        for name in await database.run(duties.due):
            duty = self._duties.get(name)
            if duty is not None and await database.run(duties.claim, name, duty.every):
                await self._do(duty)

    async def _do(self, duty: Duty) -> None:
        """One that fails must not keep the others from being done."""
        try:
            await duty.work()
        except DatabaseError as error:
            logger.warning("the duty %s waits for the database (%s)", duty.name, type(error).__name__)
        except Exception:  # the outermost edge of one duty
            logger.exception("the duty %s failed by a fault of the server", duty.name)
