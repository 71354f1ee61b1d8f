"""Whom a request comes from when proxies stand in between.

What `X-Forwarded-*` says is believed only when the direct peer is a trusted proxy. Everything behind this middleware
(rate limits, secure cookies, logs) reads `REMOTE_ADDR` and `request.is_secure()` and needs to know nothing of proxies.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Awaitable, Callable
from typing import Any

from asgiref.sync import iscoroutinefunction
from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.decorators import sync_and_async_middleware

from chatsite.environment import Network

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def client_address(peer: str, forwarded_for: str, trusted: tuple[Network, ...]) -> str:
    """The right-most address that no trusted proxy has; `peer` when the header is empty or damaged.

    Proxies append on the right, so whatever stands left of the first untrusted address can be invented. When every
    address is trusted, the left-most one is the client (a machine of the operator's own network).
    """
    client = peer
    for part in reversed(forwarded_for.split(",")):
        address = _address(part)
        if address is None:
            return client
        client = str(address)
        if not _is_in(address, trusted):
            return client
    return client


@sync_and_async_middleware
def TrustedProxyMiddleware(get_response: Callable[[HttpRequest], Any]) -> Callable[[HttpRequest], Any]:  # noqa: N802 - Django names middleware as classes
    """Put the client's address into `REMOTE_ADDR`, or remove `X-Forwarded-*` that nobody trustworthy wrote."""
    trusted: tuple[Network, ...] = settings.ENVIRONMENT.trusted_proxies
    if iscoroutinefunction(get_response):
        respond_async: Callable[[HttpRequest], Awaitable[HttpResponseBase]] = get_response

        async def asynchronous(request: HttpRequest) -> HttpResponseBase:
            resolve(request.META, trusted)
            return await respond_async(request)

        return asynchronous

    def synchronous(request: HttpRequest) -> Any:
        resolve(request.META, trusted)
        return get_response(request)

    return synchronous


def resolve(meta: dict[str, Any], trusted: tuple[Network, ...]) -> None:
    """Change a request's META in place, as described at the top."""
    peer = str(meta.get("REMOTE_ADDR") or "")
    address = _address(peer)
    if address is not None and _is_in(address, trusted):
        meta["REMOTE_ADDR"] = client_address(peer, str(meta.get("HTTP_X_FORWARDED_FOR", "")), trusted)
        return
    for name in [name for name in meta if name.startswith("HTTP_X_FORWARDED_")]:
        del meta[name]


def is_within(address: str, networks: tuple[Network, ...]) -> bool:
    """Whether a client's address (`REMOTE_ADDR` behind this middleware) belongs to one of the networks."""
    known = _address(address)
    return known is not None and _is_in(known, networks)


def _is_in(address: Address, networks: tuple[Network, ...]) -> bool:
    return any(address in network for network in networks)


def _address(text: str) -> Address | None:
    """An address as proxies write it: with spaces, a port, brackets around IPv6, or IPv4 mapped into IPv6."""
    text = text.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
        return address.ipv4_mapped
    return address
