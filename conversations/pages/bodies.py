"""What pages send over HTTP as JSON."""

from __future__ import annotations

from typing import TypeVar

import msgspec
from django.http import HttpRequest, JsonResponse

from conversations.services.access import NotFound, Refused

_MOST = 1024 * 1024
"""Bytes; far above the longest text that is sent like this."""

Body = TypeVar("Body")


class BadBody(Exception):
    """A body that is not what the address takes. The text quotes nothing of it."""


def read_body(request: HttpRequest, shape: type[Body]) -> Body:
    """The body of a request. Raises `BadBody`."""
    if len(request.body) > _MOST:
        raise BadBody("The body is too large.")
    try:
        return msgspec.json.decode(request.body, type=shape)
    except msgspec.ValidationError as error:
        raise BadBody(f"The body is not understood: {error}") from None
    except (ValueError, RecursionError):
        raise BadBody("The body is not valid JSON.") from None


def bad(problem: BadBody) -> JsonResponse:
    """400: the page made a mistake."""
    return JsonResponse({"error": {"code": "bad_body", "message": str(problem), "field": ""}}, status=400)


def refused(refusal: Refused) -> JsonResponse:
    """404 for what is not there or not theirs, 422 with words for the person for what cannot be done."""
    status = 404 if isinstance(refusal, NotFound) else 422
    return JsonResponse(
        {"error": {"code": refusal.code, "message": refusal.message, "field": refusal.field}}, status=status
    )
