"""Sends what alerts have to tell, until it has arrived."""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from smtplib import SMTPException

from django.core.mail import EmailMessage
from django.db import Error as DatabaseError
from django.db import transaction
from django.db.models import F

from chatsite import database
from chatsite.environment import Environment
from conversations.models import AlertDelivery
from conversations.services import alerts, webhook
from conversations.services.alert_letter import Letter, letter_of

logger = logging.getLogger(__name__)

DELAYS = (60, 120, 300, 900, 3600, 3600, 3600, 14400)
"""Seconds from one try to the next; after the last one it is given up. Longer than a try takes."""
_LOOK_EVERY = 30.0
"""Seconds between two looks for what other processes left behind."""


class AlertSender:
    """One in each process; each piece of news is claimed by one of them."""

    def __init__(self, environment: Environment) -> None:
        self._url, self._secret = environment.alert_webhook_url, environment.alert_webhook_secret
        self._woken = asyncio.Event()

    async def send(self) -> None:
        """Until cancelled."""
        loop = asyncio.get_running_loop()

        def wake() -> None:
            loop.call_soon_threadsafe(self._woken.set)

        alerts.subscribe(wake)
        try:
            while True:
                self._woken.clear()
                await self._send_due()
                with suppress(TimeoutError):
                    async with asyncio.timeout(_LOOK_EVERY):
                        await self._woken.wait()
        finally:
            alerts.unsubscribe(wake)

    async def _send_due(self) -> None:
        try:
            while (claimed := await database.run(claim)) is not None:
                await self._send_one(*claimed)
        except DatabaseError as error:
            logger.warning("alerts wait for the database (%s)", type(error).__name__)

    async def _send_one(self, delivery: AlertDelivery, letter: Letter) -> None:
        try:
            if delivery.way == AlertDelivery.Way.WEBHOOK:
                await asyncio.to_thread(webhook.post, self._url, self._secret, letter)
            elif delivery.user is not None:
                await asyncio.to_thread(_mail, delivery.user.email, letter)
        except (webhook.NotDelivered, SMTPException, OSError) as error:
            reason = str(error) if isinstance(error, webhook.NotDelivered) else type(error).__name__
            logger.warning("the alert %s was not sent by %s (%s)", delivery.alert_id, delivery.way, reason)
            return
        await database.run(mark_sent, delivery.pk)


def claim() -> tuple[AlertDelivery, Letter] | None:
    """The next piece of news that is due, for the caller alone: nobody else tries before the next delay is over."""
    now = datetime.now(UTC)
    with transaction.atomic():
        due = AlertDelivery.objects.filter(due_at__lte=now).select_related("alert", "user")
        row = due.select_for_update(skip_locked=True, of=("self",)).order_by("due_at", "pk").first()
        if row is None:
            return None
        delay = DELAYS[row.tries] if row.tries < len(DELAYS) else None
        row.due_at = None if delay is None else now + timedelta(seconds=delay)
        AlertDelivery.objects.filter(pk=row.pk).update(due_at=row.due_at, tries=F("tries") + 1)
    return row, letter_of(row)


def mark_sent(delivery_id: int) -> None:
    AlertDelivery.objects.filter(pk=delivery_id).update(sent_at=datetime.now(UTC), due_at=None)


def _mail(address: str, letter: Letter) -> None:
    # The same number in a second copy, should the first one have arrived without this process hearing of it.
    headers = {"X-Chatsite-Delivery": letter.id}
    EmailMessage(f"Chatsite: {letter.subject}", letter.body, None, [address], headers=headers).send()
