"""What the JSON addresses share: who asks, what was sent, and how a refusal is answered."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

import msgspec
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from chatsite.accounts.models import User
from conversations.services.access import Refused

View = Callable[..., HttpResponseBase]
T = TypeVar("T")


class BadRequest(Exception):
    """What was sent is not understood; the text is for the developer of a page."""


def json_view(*methods: str) -> Callable[[View], View]:
    """A view of signed-in people that answers in JSON. `Refused` becomes 400, or 404 for what is not theirs or not
    there; `BadRequest` 400. Both carry `{"error": text, "code": code}`."""

    def decorate(view: View) -> View:
        @wraps(view)
        def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            try:
                return view(request, *args, **kwargs)
            except Refused as refused:
                return refusal(refused)
            except BadRequest as mistake:
                return JsonResponse({"error": str(mistake), "code": "bad_request"}, status=400)

        return require_http_methods(list(methods))(never_cache(login_required(answer)))

    return decorate


def refusal(refused: Refused) -> HttpResponse:
    """A refusal as an answer."""
    status = 404 if refused.code == "not_found" else 400
    return JsonResponse({"error": refused.message, "code": refused.code}, status=status)


def person(request: HttpRequest) -> User:
    """Who asks. The view lets only signed-in people through."""
    if not isinstance(request.user, User):
        raise Http404
    return request.user


def sent(request: HttpRequest, shape: type[T]) -> T:
    """The JSON body in that shape. Raises `BadRequest`."""
    try:
        return msgspec.json.decode(request.body, type=shape)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadRequest(f"The request is not understood: {error}") from None
