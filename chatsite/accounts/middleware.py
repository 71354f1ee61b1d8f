"""Leads everybody to the first administrator's page for as long as an installation has no people."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from asgiref.sync import iscoroutinefunction, sync_to_async
from django.http import HttpRequest, HttpResponseRedirect
from django.urls import reverse
from django.utils.decorators import sync_and_async_middleware

from chatsite.accounts import first_administrator

_NOT_PAGES = ("/static/", "/ws/")


@sync_and_async_middleware
def FirstAdministratorMiddleware(get_response: Callable[[HttpRequest], Any]) -> Callable[[HttpRequest], Any]:  # noqa: N802 - Django names middleware as classes
    """One query a page until somebody has an account; none from then on, for as long as the process lives."""
    redirect = _Redirect()
    if iscoroutinefunction(get_response):

        async def asynchronous(request: HttpRequest) -> Any:
            if redirect.may_be_needed(request) and await sync_to_async(redirect.is_needed)():
                return redirect.response()
            return await get_response(request)

        return asynchronous

    def synchronous(request: HttpRequest) -> Any:
        if redirect.may_be_needed(request) and redirect.is_needed():
            return redirect.response()
        return get_response(request)

    return synchronous


class _Redirect:
    """The decision of one process, which remembers that somebody has an account."""

    def __init__(self) -> None:
        self._has_people = False

    def may_be_needed(self, request: HttpRequest) -> bool:
        """Without a query: False for most requests."""
        return not (
            self._has_people or request.path.startswith(_NOT_PAGES) or request.path == reverse("first_administrator")
        )

    def is_needed(self) -> bool:
        self._has_people = not first_administrator.is_open()
        return not self._has_people

    def response(self) -> HttpResponseRedirect:
        return HttpResponseRedirect(reverse("first_administrator"))
