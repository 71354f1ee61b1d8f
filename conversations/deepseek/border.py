"""The border to the HTTP libraries: none of their exceptions passes it."""

from __future__ import annotations

import aiohttp
import httpx
from aiohttp.http_exceptions import HttpProcessingError

from conversations.deepseek.errors import (
    ConnectionReset,
    Malformed,
    Stalled,
    Unreachable,
    UpstreamError,
)

MEANING: dict[type[Exception], type[UpstreamError]] = {
    httpx.HTTPError: ConnectionReset,
    httpx.RequestError: ConnectionReset,
    httpx.TransportError: ConnectionReset,
    httpx.TimeoutException: Stalled,
    httpx.ConnectTimeout: Unreachable,
    httpx.ReadTimeout: Stalled,
    httpx.WriteTimeout: Stalled,
    httpx.PoolTimeout: Unreachable,
    httpx.NetworkError: ConnectionReset,
    httpx.ConnectError: Unreachable,
    httpx.ReadError: ConnectionReset,
    httpx.WriteError: ConnectionReset,
    httpx.CloseError: ConnectionReset,
    httpx.ProtocolError: Malformed,
    httpx.LocalProtocolError: Malformed,
    httpx.RemoteProtocolError: ConnectionReset,
    httpx.ProxyError: Unreachable,
    httpx.UnsupportedProtocol: Unreachable,
    httpx.DecodingError: Malformed,
    httpx.TooManyRedirects: Malformed,
    httpx.HTTPStatusError: Malformed,
    httpx.InvalidURL: Unreachable,
    httpx.CookieConflict: Malformed,
    httpx.StreamError: ConnectionReset,
    httpx.StreamConsumed: ConnectionReset,
    httpx.StreamClosed: ConnectionReset,
    httpx.ResponseNotRead: ConnectionReset,
    httpx.RequestNotRead: ConnectionReset,
    # What the aiohttp transport lets through unmapped: replies that are no HTTP, and errors of the socket.
    aiohttp.ClientResponseError: Malformed,
    aiohttp.ClientError: ConnectionReset,
    HttpProcessingError: Malformed,
    OSError: ConnectionReset,
    ValueError: Malformed,  # a status line that is no UTF-8
}
FOREIGN = tuple(MEANING)


def translate(error: Exception, *, sent: bool) -> UpstreamError:
    """`error`, one of FOREIGN, as an error of our tree. `sent`: the request was on its way.

    The aiohttp transport reports a connection that is lost later as a failure to connect; `sent` tells them apart.
    The library's message is not used: it may hold addresses, and says nothing that the names do not.
    """
    meaning = next(MEANING[base] for base in type(error).__mro__ if base in MEANING)
    cause = type(error.__cause__).__name__ if error.__cause__ is not None else ""
    detail = f"cause={type(error).__name__}{'/' if cause else ''}{cause}"
    if not sent:
        meaning = Unreachable
    elif meaning is Unreachable:
        meaning = ConnectionReset
    return meaning(detail)
