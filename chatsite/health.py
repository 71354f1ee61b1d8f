"""Health for orchestrators: `/healthz` says that the process lives, `/readyz` that it can work.

Both are open to everybody, and say nothing that is worth hiding: words and counts. However often `/readyz` is
asked, the database and the channel layer are asked once a second.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Coroutine
from typing import Any

from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse

from chatsite import database
from conversations.services import process

logger = logging.getLogger(__name__)

_PATIENCE = 5.0
"""Seconds after which a part that does not answer counts as failed."""
_FRESH = 1.0
_FRESH_FAILURE = 0.25
"""Seconds for which what was found is told to others too; an end of a failure is told soon."""


async def healthz(request: HttpRequest) -> HttpResponse:
    """200 as long as the event loop turns."""
    return HttpResponse("ok\n", content_type="text/plain")


async def readyz(request: HttpRequest) -> JsonResponse:
    """200 when the database answers, this process hears what others send and looks after answers that lost their
    process, and it is not about to end; else 503. docs/operation.md explains the fields.
    """
    parts = await _look.parts()
    current = process.peek()
    closing = current is not None and current.closing
    # What was found a moment ago is not true any more of a process that has ended since.
    ready = all(parts.values()) and current is not None and not closing
    report = {"ready": ready, "closing": closing, **parts, **_counts(current)}
    return JsonResponse(report, status=200 if ready else 503)


def _counts(current: process.ServerProcess | None) -> dict[str, dict[str, int]]:
    pool = database.load()
    counts = {"database_pool": {"threads": pool.threads, "busy": pool.busy, "waiting": pool.waiting}}
    if current is not None:
        load = current.engine.load
        counts["generations"] = {"running": load.running, "queued": load.queued, "stalled": load.stalled}
    return counts


class Look:
    """At the parts that have to answer: one at a time, which serves all who ask meanwhile and shortly after."""

    def __init__(self) -> None:
        self._task: asyncio.Task[dict[str, bool]] | None = None
        self._until = 0.0

    async def parts(self) -> dict[str, bool]:
        """Whether each part works, by name; at most `_FRESH` seconds ago."""
        task = self._task
        if task is None or (task.done() and time.monotonic() >= self._until) or task.get_loop().is_closed():
            self._task = task = asyncio.get_running_loop().create_task(self._look())
        # Whoever hangs up does not take the answer from the others.
        return await asyncio.shield(task) if not task.done() else task.result()

    def forget(self) -> None:
        """The next one looks again."""
        self._task = None

    async def _look(self) -> dict[str, bool]:
        parts: dict[str, Coroutine[Any, Any, None]] = {
            "database": _database(),
            "channel_layer": process.probe(),
            "takeovers": process.check_sweep(),
        }
        answers = await asyncio.gather(*(_holds(name, part) for name, part in parts.items()))
        self._until = time.monotonic() + (_FRESH if all(answers) else _FRESH_FAILURE)
        return dict(zip(parts, answers, strict=True))


_look = Look()


async def _holds(name: str, part: Coroutine[Any, Any, None]) -> bool:
    try:
        async with asyncio.timeout(_PATIENCE):
            await part
    except Exception as error:  # noqa: BLE001 - whatever fails, the answer is "not ready"
        logger.warning("readiness: %s does not answer (%s)", name, type(error).__name__)
        return False
    return True


async def _database() -> None:
    await database.run(_select_one)


def _select_one() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        cursor.fetchone()
