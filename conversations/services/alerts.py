"""Alerts: administrators are told once that something is wrong, and once that it is over.

By mail (where mail is set up) to everybody who may receive alerts and see the page in question, and to the webhook
(where `ALERT_WEBHOOK_URL` is set); the admin shows all of them. What is to be sent is written in the caller's
transaction and goes out after its commit, from whichever server process comes first, again and again until it arrives.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime

from django.conf import settings
from django.contrib.auth.backends import ModelBackend
from django.db import transaction

from chatsite.accounts.models import User
from conversations.models import Alert, AlertDelivery
from conversations.models.statements import Insert
from conversations.services.alert_kinds import KINDS

Fact = str | int | bool | None
"""Money as the text of an exact decimal, moments and days as ISO 8601. Never what people wrote, never a key."""

RECEIVE = "conversations.receive_alerts"

_insert = Insert(Alert, on_conflict="ON CONFLICT DO NOTHING")
_listeners: set[Callable[[], None]] = set()


def raised(kind: str, key: str, facts: Mapping[str, Fact]) -> bool:
    """Something is wrong. True when that is news: then it is written down and administrators are told; as long as the
    alert of this `kind` and `key` is open, saying it again does nothing.

    `kind` is one of `KINDS` (KeyError otherwise), `key` says which one of its kind (an upstream, a budget's id, a
    person's opaque id; at most 200 characters), `facts` are what its texts name.
    """
    known = KINDS[kind]
    alert = Alert(kind=kind, key=key, facts=dict(facts), raised_at=datetime.now(UTC))
    with transaction.atomic():
        # Of two processes that say it at once, one insert wins.
        if not _insert.try_one(alert):
            return False
        _tell(alert, AlertDelivery.News.RAISED, known.permission)
    return True


def recovered(kind: str, key: str) -> bool:
    """It is over. True when an alert of this `kind` and `key` was open: administrators are told, and the next `raised`
    is news again."""
    known = KINDS[kind]
    with transaction.atomic():
        alert = Alert.objects.select_for_update().filter(kind=kind, key=key, recovered_at=None).first()
        if alert is None:
            return False
        alert.recovered_at = datetime.now(UTC)
        alert.save(update_fields=["recovered_at"])
        _tell(alert, AlertDelivery.News.RECOVERED, known.permission)
    return True


def withdraw(kind: str, key: str) -> None:
    """Nobody looks after it any more, so that it can neither last nor be over: it ends, and administrators are not
    told."""
    Alert.objects.filter(kind=kind, key=key, recovered_at=None).update(recovered_at=datetime.now(UTC))


def open_keys(kind: str) -> dict[str, Alert]:
    """The open alerts of a kind, by their keys. One query."""
    return {alert.key: alert for alert in Alert.objects.filter(kind=kind, recovered_at=None)}


def subscribe(listener: Callable[[], None]) -> None:
    """Call `listener`, from any thread, after each commit with something to send."""
    _listeners.add(listener)


def unsubscribe(listener: Callable[[], None]) -> None:
    _listeners.discard(listener)


def _tell(alert: Alert, news: AlertDelivery.News, permission: str) -> None:
    now = datetime.now(UTC)
    ways: list[AlertDelivery] = []
    if settings.ENVIRONMENT.email_url:
        ways += [
            AlertDelivery(alert=alert, news=news, way=AlertDelivery.Way.MAIL, user=user, due_at=now)
            for user in _recipients(permission)
        ]
    if settings.ENVIRONMENT.alert_webhook_url:
        ways.append(AlertDelivery(alert=alert, news=news, way=AlertDelivery.Way.WEBHOOK, due_at=now))
    AlertDelivery.objects.bulk_create(ways)
    if ways:
        transaction.on_commit(_announce)


def _recipients(permission: str) -> Iterable[User]:
    backend = ModelBackend()
    return backend.with_perm(RECEIVE).filter(pk__in=backend.with_perm(permission).values("pk"))


def _announce() -> None:
    for listener in tuple(_listeners):
        listener()
