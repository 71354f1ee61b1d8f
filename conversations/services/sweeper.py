"""The sweeper of one process: looks for generations whose owner is gone, and takes them over."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from uuid import UUID

from django.db import Error as DatabaseError

from chatsite import database
from conversations.generation import recorder
from conversations.generation.figures import figures
from conversations.generation.job import Job
from conversations.models import Generation
from conversations.services import takeovers

logger = logging.getLogger(__name__)

_PATIENCE = 60.0
"""Seconds beyond two leases in which a look has to come to its end."""


class Sweeper:
    """Looks at once and then twice in a lease."""

    def __init__(
        self,
        *,
        owner: str,
        lease: float,
        simulated: bool,
        closing: asyncio.Event,
        take_up: Callable[[Job], Awaitable[None]],
        after_end: Callable[[Job, Generation], Awaitable[None]],
    ) -> None:
        """`owner` is this process's channel. `take_up` runs what was claimed; `after_end` announces what ended instead.
        Once `closing` is set, nothing more is claimed.
        """
        self._owner = owner
        self._lease = lease
        self._simulated = simulated
        self._closing = closing
        self._take_up = take_up
        self._after_end = after_end
        self._looked = time.monotonic()

    @property
    def is_alive(self) -> bool:
        """Whether it could look lately."""
        return time.monotonic() - self._looked < _PATIENCE + 2 * self._lease

    async def sweep(self) -> None:
        """Returns when the process is closing."""
        was_away = False
        while not self._closing.is_set():
            began = time.monotonic()
            try:
                expired = await database.run(takeovers.expired)
            except DatabaseError as error:
                logger.warning("takeovers wait for the database (%s)", type(error).__name__)
                was_away = True
                await self._pause(self._lease / 2)
                continue
            self._looked = time.monotonic()
            if was_away or self._looked - began > self._lease / 2:
                # Nobody could renew while it was away, or this process was paused: living owners come first.
                was_away = False
                await self._pause(self._lease)
                continue
            for message_id, attempt in expired:
                if self._closing.is_set():
                    return
                await self._try_to_take_over(message_id, attempt)
                self._looked = time.monotonic()
            if not expired:
                await self._pause(self._lease / 2)

    async def _try_to_take_over(self, message_id: UUID, attempt: int) -> None:
        """One that cannot be taken over must not keep the others from it."""
        try:
            await self._take_over(message_id, attempt)
        except DatabaseError as error:
            logger.warning("generation %s waits for the database (%s)", message_id, type(error).__name__)
            await self._pause(self._lease / 2)
        except Exception:  # the outermost edge of one takeover
            logger.exception("generation %s cannot be taken over and is given up", message_id)
            await database.run(takeovers.give_up, message_id, attempt)

    async def _take_over(self, message_id: UUID, attempt: int) -> None:
        claimed = await database.run(
            takeovers.claim, self._owner, self._lease, message_id, attempt, simulated=self._simulated
        )
        if claimed is None:
            return
        job, outcome = claimed
        figures.takeovers += 1
        logger.info("generation %s is taken over (attempt %d)", message_id, job.attempt)
        if outcome is None:
            await self._take_up(job)
            return
        ended = await database.run(recorder.finish, self._owner, job, outcome)
        if ended is not None:
            await self._after_end(job, ended)

    async def _pause(self, seconds: float) -> None:
        """Sleep, or less when the process is about to end."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._closing.wait()
