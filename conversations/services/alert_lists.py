"""Alerts as pages list them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from conversations.models import Alert
from conversations.services.alert_letter import sentence_of, subject_of

_MOST = 100
"""Of one list; the newest."""


@dataclass(frozen=True, slots=True)
class ListedAlert:
    """`subject` and `sentence` are in the current language. `until` is None as long as it is open."""

    id: str
    kind: str
    subject: str
    sentence: str
    since: datetime
    until: datetime | None


def open_alerts(*kinds: str) -> list[ListedAlert]:
    """The open ones of these kinds, newest first. One query."""
    return [_listed(alert) for alert in Alert.objects.filter(kind__in=kinds, recovered_at=None)[:_MOST]]


def alerts_between(since: datetime, until: datetime, *kinds: str) -> list[ListedAlert]:
    """Those of these kinds that were open at any moment from `since` to `until`, newest first. One query."""
    over = Q(recovered_at=None) | Q(recovered_at__gte=since)
    return [_listed(alert) for alert in Alert.objects.filter(over, kind__in=kinds, raised_at__lt=until)[:_MOST]]


def _listed(alert: Alert) -> ListedAlert:
    return ListedAlert(
        str(alert.pk), alert.kind, subject_of(alert), sentence_of(alert), alert.raised_at, alert.recovered_at
    )
