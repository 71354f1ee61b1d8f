"""In which language the site speaks with a person: the one of the account's preference, else the one chosen in this
browser (a cookie), else what the browser asks for.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest
from django.middleware.locale import LocaleMiddleware
from django.utils import translation

from chatsite.accounts.models import User

_NOT_PAGES = ("/static/", "/healthz", "/readyz")


class LanguageMiddleware(LocaleMiddleware):
    """Django's, with the account's preference first."""

    def process_request(self, request: HttpRequest) -> None:
        if request.path.startswith(_NOT_PAGES):
            return
        translation.activate(_preferred(_person(request)) or translation.get_language_from_request(request))
        request.LANGUAGE_CODE = translation.get_language()


def of_scope(scope: Mapping[str, Any]) -> str:
    """The language of a websocket: that of the page which opened it, found by the same rules."""
    request = HttpRequest()
    request.COOKIES = dict(scope.get("cookies", {}))
    accepted = dict(scope["headers"]).get(b"accept-language", b"")
    request.META["HTTP_ACCEPT_LANGUAGE"] = accepted.decode("latin-1")
    return _preferred(scope.get("user")) or translation.get_language_from_request(request)


def _person(request: HttpRequest) -> User | AnonymousUser | None:
    """None without a session, for whom no query is needed."""
    return request.user if settings.SESSION_COOKIE_NAME in request.COOKIES else None


def _preferred(person: User | AnonymousUser | None) -> str:
    """The language that the person's settings name; "" for none, or for one that the site no longer speaks."""
    language = getattr(person, "language", "")
    return language if language in dict(settings.LANGUAGES) else ""
