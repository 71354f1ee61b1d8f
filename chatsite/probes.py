"""Addresses for machines: health and metrics.

They are answered before everything that is for people: no session, no query, no redirect to https or to the first
administrator's page, and any `Host`, as monitoring and load balancers reach a process by whatever address it has. Only
what proxies said has been judged before, so that `REMOTE_ADDR` is the client's.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from asgiref.sync import async_to_sync, iscoroutinefunction
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.utils.decorators import sync_and_async_middleware

from chatsite import health, scrape

View = Callable[[HttpRequest], Awaitable[HttpResponse]]

_VIEWS: dict[str, View] = {"/healthz": health.healthz, "/readyz": health.readyz, "/metrics": scrape.metrics}


@sync_and_async_middleware
def ProbeMiddleware(get_response: Callable[[HttpRequest], Any]) -> Callable[[HttpRequest], Any]:  # noqa: N802 - Django names middleware as classes
    """Answer the addresses above; pass everything else on."""
    if iscoroutinefunction(get_response):

        async def asynchronous(request: HttpRequest) -> Any:
            view = _VIEWS.get(request.path)
            return await (get_response(request) if view is None else _answer(view, request))

        return asynchronous

    def synchronous(request: HttpRequest) -> Any:
        view = _VIEWS.get(request.path)
        return get_response(request) if view is None else async_to_sync(_answer)(view, request)

    return synchronous


async def _answer(view: View, request: HttpRequest) -> HttpResponse:
    response = await view(request) if request.method in ("GET", "HEAD") else HttpResponseNotAllowed(["GET", "HEAD"])
    response["Cache-Control"] = "no-store"
    response["X-Content-Type-Options"] = "nosniff"
    return response
