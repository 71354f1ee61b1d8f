"""An alert in words, for one reader."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import gettext

from conversations.deepseek.calls import FIRST
from conversations.models import Alert, AlertDelivery
from conversations.services.alert_kinds import KINDS


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """What is sent. `id` is that of the delivery: the same one again is the same news."""

    id: str
    news: str
    kind: str
    key: str
    at: datetime
    facts: Mapping[str, Any]
    subject: str
    body: str


def letter_of(delivery: AlertDelivery) -> Letter:
    """What a delivery says, in the language of whom it is for."""
    alert = delivery.alert
    over = delivery.news == AlertDelivery.News.RECOVERED
    language = (delivery.user.language if delivery.user is not None else "") or settings.LANGUAGE_CODE
    with translation.override(language):
        subject, body = subject_of(alert), sentence_of(alert, over=over)
        if over:
            subject = gettext("Over: {subject}").format(subject=subject)
        link = settings.ENVIRONMENT.origin + reverse(f"admin:{KINDS[alert.kind].page}")
        return Letter(
            id=str(delivery.pk),
            news=delivery.news,
            kind=alert.kind,
            key=alert.key,
            at=(alert.recovered_at if over else None) or alert.raised_at,
            facts=alert.facts,
            subject=subject,
            body=f"{body}\n\n{link}",
        )


def subject_of(alert: Alert) -> str:
    """One line, in the current language."""
    known = KINDS.get(alert.kind)
    # A header of a mail: the name of a group may have line ends.
    return " ".join(_filled(known.subject, alert.facts).split()) if known else alert.kind


def sentence_of(alert: Alert, *, over: bool = False) -> str:
    """What happened and what to do; with `over`, that it is over. In the current language."""
    known = KINDS.get(alert.kind)
    if known is None:
        return ""
    return _filled(known.recovered if over else known.raised, alert.facts)


def _filled(text: Promise, facts: Mapping[str, Any]) -> str:
    upstream = facts.get("upstream")
    named = {**facts, "upstream": "DeepSeek" if upstream == FIRST else upstream} if upstream else facts
    return str(text).format_map(defaultdict(lambda: "?", named))
