"""Health for orchestrators: `/healthz` says that the process lives, `/readyz` that it can work."""

from __future__ import annotations

import asyncio
import logging

from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse

from chatsite import database
from conversations.services import process

logger = logging.getLogger(__name__)

_PATIENCE = 5.0
"""Seconds after which a part that does not answer counts as failed."""


async def healthz(request: HttpRequest) -> HttpResponse:
    """200 as long as the event loop turns."""
    return HttpResponse("ok\n", content_type="text/plain")


async def readyz(request: HttpRequest) -> JsonResponse:
    """200 when the database answers and this process hears what others send, else 503: `{"ready": bool,
    "database": bool, "channel_layer": bool}`.
    """
    parts = {"database": _database(), "channel_layer": process.probe()}
    answers = await asyncio.gather(*(_holds(name, part) for name, part in parts.items()))
    report = dict(zip(parts, answers, strict=True))
    ready = all(answers)
    return JsonResponse({"ready": ready, **report}, status=200 if ready else 503)


async def _holds(name: str, part: object) -> bool:
    try:
        await asyncio.wait_for(part, _PATIENCE)  # type: ignore[arg-type]
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
