"""Over HTTP: what a service refused."""

from __future__ import annotations

from django.http import JsonResponse

from conversations.pages.json_body import refusal
from conversations.services.access import NotFound, Refused


def refused(reason: Refused) -> JsonResponse:
    """404 for what is not there or not theirs, 422 with words for the person for what cannot be done."""
    status = 404 if isinstance(reason, NotFound) else 422
    return refusal(reason.code, reason.message, status, field=reason.field)
