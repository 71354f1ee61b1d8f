"""What a process clears away from time to time. Every process does; once more does no harm."""

from __future__ import annotations

import asyncio
import logging

from django.db import Error as DatabaseError

from chatsite import database
from conversations.services import attachments

logger = logging.getLogger(__name__)

EVERY = 1800.0
"""Seconds."""


async def clear_away() -> None:
    """At once and then every half hour, until it is cancelled: files that nobody sent within a day."""
    while True:
        try:
            await database.run(attachments.remove_forgotten)
        except DatabaseError as error:
            logger.warning("what is to be cleared away waits for the database (%s)", type(error).__name__)
        await asyncio.sleep(EVERY)
