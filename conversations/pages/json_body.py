"""JSON over HTTP: who asks, what was sent, typed, and how a refusal is answered."""

from __future__ import annotations

from typing import Any, TypeVar

import msgspec
from django.http import Http404, HttpRequest, JsonResponse

from chatsite.accounts.models import User

T = TypeVar("T", bound=msgspec.Struct)


class BadBody(Exception):
    """The body is not what this address takes. Quotes nothing of it."""

    @property
    def response(self) -> JsonResponse:
        return refusal("bad_body", str(self), 400)


def read_body(request: HttpRequest, type_: type[T]) -> T:
    """The body as a struct. Raises `BadBody`."""
    try:
        return msgspec.json.decode(request.body, type=type_)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        said = str(error) if isinstance(error, msgspec.ValidationError) else "it is not valid JSON."
        raise BadBody(f"The request is not understood: {said}") from None


def person(request: HttpRequest) -> User:
    """Who asks; the views let signed-in people through."""
    if not isinstance(request.user, User):
        raise Http404
    return request.user


def refusal(code: str, message: str, status: int, **more: Any) -> JsonResponse:
    """`{"error": code, "message": text for the person}`."""
    return JsonResponse({"error": code, "message": message, **more}, status=status)
