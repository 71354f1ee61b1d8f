"""The origin check of the websocket: browsers send cookies along with any page's socket, so the page's origin must be
ours.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import urlsplit

from channels.security.websocket import WebsocketDenier
from django.conf import settings
from django.http.request import split_domain_port, validate_host

Application = Callable[[dict[str, Any], Any, Any], Awaitable[None]]

_DEFAULT_PORTS = {"http": "80", "https": "443"}


class SameOrigin:
    """Lets a handshake through when its `Origin` is the host that it was sent to, or `PUBLIC_URL`.

    A handshake without `Origin` comes from no browser and carries nobody's cookies by accident; it passes.
    """

    def __init__(self, application: Application) -> None:
        self._application = application
        self._refuse: Application = WebsocketDenier.as_asgi()  # type: ignore[assignment]

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        headers = {name: value.decode("latin1") for name, value in scope["headers"]}
        if allowed(headers.get(b"origin"), headers.get(b"host", "")):
            await self._application(scope, receive, send)
        else:
            await self._refuse(scope, receive, send)


def allowed(origin: str | None, host: str) -> bool:
    """Whether a page of `origin` may open a socket at `host` (the `Host` header)."""
    name, _ = split_domain_port(host)
    if not name or not validate_host(name, settings.ALLOWED_HOSTS):
        return False
    if origin is None or origin == settings.ENVIRONMENT.public_url:
        return True
    try:
        parts = urlsplit(origin)
        port = str(parts.port or _DEFAULT_PORTS[parts.scheme])
    except (ValueError, KeyError):
        return False
    return bool(parts.hostname) and _with_port(host, parts.scheme) == f"{_bracketed(parts.hostname)}:{port}"


def _with_port(host: str, scheme: str) -> str:
    """`host` in lower case with its port, which a browser leaves out when it is the scheme's own."""
    name, port = split_domain_port(host)
    return f"{name}:{port or _DEFAULT_PORTS[scheme]}"


def _bracketed(hostname: str | None) -> str:
    return f"[{hostname}]" if hostname and ":" in hostname else str(hostname)
