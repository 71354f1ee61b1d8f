"""Removes for good what was deleted, when its time to be had back has passed. One in each process; none is special."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import timedelta
from uuid import UUID

from django.db import Error as DatabaseError
from django.db import transaction
from django.db.models import Min
from django.db.models.functions import Now
from django.utils import timezone

from chatsite import database
from conversations.models import Conversation
from conversations.services.conversations import Running, remove

logger = logging.getLogger(__name__)

UNDO = 10
"""Seconds for which pages offer to undo."""
KEPT = timedelta(seconds=UNDO + 5)
"""Longer than the offer, for a slow way to the server."""
_LOOK_EVERY = 60.0
"""Seconds between two looks for what processes left behind that are gone."""

Stop = Callable[[str, UUID], Awaitable[None]]


class TrashCollector:
    """Sleeps until the oldest deadline; `wake` says that there is a new one."""

    def __init__(self, *, stop: Stop, kept: timedelta = KEPT) -> None:
        """`stop(owner, message)` ends an answer that still runs in what is removed."""
        self._stop = stop
        self._kept = kept
        self._woken = asyncio.Event()

    def wake(self) -> None:
        self._woken.set()

    async def collect(self) -> None:
        """Until cancelled."""
        while True:
            self._woken.clear()
            try:
                wait = await self._remove_due()
            except DatabaseError as error:
                logger.warning("the trash waits for the database (%s)", type(error).__name__)
                wait = _LOOK_EVERY
            with suppress(TimeoutError):
                async with asyncio.timeout(wait):
                    await self._woken.wait()

    async def _remove_due(self) -> float:
        """One conversation a job, so that chats do not wait for many. Returns how long there is nothing to do."""
        while (found := await database.run(remove_one, self._kept)) is not None:
            for message_id, owner in found:
                await self._stop(owner, message_id)
        return await database.run(_until_next, self._kept)


def remove_one(kept: timedelta) -> list[Running] | None:
    """Remove a conversation whose deadline has passed. Returns its answers that still ran; None: there is none."""
    with transaction.atomic():
        due = Conversation.objects.filter(trashed_at__lte=Now() - kept)
        row = due.select_for_update(skip_locked=True, of=("self",)).order_by("trashed_at").first()
        return None if row is None else remove(row)


def _until_next(kept: timedelta) -> float:
    oldest = Conversation.objects.filter(trashed_at__isnull=False).aggregate(oldest=Min("trashed_at"))["oldest"]
    if oldest is None:
        return _LOOK_EVERY
    seconds: float = (oldest + kept - timezone.now()).total_seconds()
    return min(_LOOK_EVERY, max(0.5, seconds))
