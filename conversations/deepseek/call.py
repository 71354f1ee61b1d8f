"""One HTTP call: sent, read in pieces under the clocks, closed.

It goes straight to an httpx transport. An `httpx.AsyncClient` before it keeps cookies, which no call is to bring back,
and looks at addresses, redirects and authentication for each call, which costs as much again as sending.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from functools import lru_cache
from typing import Literal

import httpx
import msgspec

from conversations.deepseek.border import FOREIGN, translate
from conversations.deepseek.chunks import label_of
from conversations.deepseek.clocks import Clocks, Deadlines
from conversations.deepseek.errors import UpstreamError
from conversations.deepseek.secret import Secret
from conversations.deepseek.transport import Body
from conversations.deepseek.watch import Closed, DeadlinePassed, Watch

DRAIN_SECONDS = 0.1  # how long the rest of a body is waited for, so that its connection can be used again
HEADERS = {"accept": "*/*", "accept-encoding": "identity", "user-agent": "chatsite"}  # encodings hold streams back
TRACE_HEADERS = ("x-ds-trace-id", "x-request-id", "x-deepseek-request-id")


class Outgoing(msgspec.Struct, frozen=True):
    """An HTTP request, without its key. `key_header`: where the key goes, into Authorization it goes as a Bearer."""

    method: str
    url: str
    content: bytes = b""
    headers: dict[str, str] = {}
    key_header: Literal["authorization", "x-api-key"] = "authorization"

    def headers_with(self, key: Secret) -> dict[str, str]:
        headers = HEADERS | self.headers
        if key:
            headers[self.key_header] = ("Bearer " if self.key_header == "authorization" else "") + key.reveal()
        return headers

    def __repr__(self) -> str:
        return f"<Outgoing {self.method} {self.url} bytes={len(self.content)}>"


class SentBody(httpx.AsyncByteStream):
    """A body that says when it is asked for: from then on there is a connection, and the request is on its way."""

    def __init__(self, content: bytes, on_sent: Callable[[], None]) -> None:
        self._content = content
        self._on_sent = on_sent

    async def __aiter__(self) -> AsyncIterator[bytes]:
        self._on_sent()
        yield self._content


class Call:
    """Every method raises errors of our tree, `Closed` once the watch is closed, and lets cancellation through."""

    def __init__(
        self, transport: httpx.AsyncBaseTransport, clocks: Clocks, watch: Watch, on_sent: Callable[[], None]
    ) -> None:
        self.sent = False
        self.tokenless = True  # the piece read last held none of the answer
        self.status: int | None = None
        self.trace_id: str | None = None
        self.retry_after: str | None = None
        self._transport = transport
        self._clocks = clocks
        self._watch = watch
        self._on_sent = on_sent
        self._loop = asyncio.get_running_loop()
        self._deadlines = Deadlines(clocks)
        self._response: httpx.Response | None = None
        self._body: Body

    async def open(self, outgoing: Outgoing, key: Secret) -> int:
        """Sends the request; the status of the reply."""
        failure: UpstreamError
        try:
            with self._watch.under(self._deadlines):
                response = await self._send(outgoing, key)
        except DeadlinePassed:
            raise self._deadlines.verdict(self._watch.since) from None
        except FOREIGN as error:
            failure = translate(error, sent=self.sent)
        else:
            return self._opened(response)
        raise failure

    async def read(self) -> bytes | None:
        """The next piece of the body, None at its end."""
        failure: UpstreamError
        try:
            with self._watch:
                piece = await self._body.read()
        except DeadlinePassed:
            raise self._deadlines.verdict(self._watch.since) from None
        except FOREIGN as error:
            failure = translate(error, sent=True)
        else:
            return piece or None
        raise failure  # outside of the handler: the library's exception holds the request and its headers

    async def rest(self, seconds: float) -> None:
        """Let more of the body come before the next `read()`, which may be what waits that long."""
        await self._body.rest(seconds)

    async def read_all(self, limit: int) -> bytes:
        """The body up to its end, or until it is larger than `limit` bytes."""
        pieces: list[bytes] = []
        size = 0
        while size <= limit and (piece := await self.read()) is not None:
            pieces.append(piece)
            size += len(piece)
            if piece.isspace():
                self.saw_no_token()
            else:
                self.saw_token()
        return b"".join(pieces)

    def saw_token(self) -> None:
        """The piece read last held some of the answer. Nothing changes unless it was `tokenless`."""
        self.tokenless = False
        self._deadlines.saw_token()
        self._watch.rest()  # the deadline may be nearer from now on

    def saw_no_token(self) -> None:
        """The piece read last held none of the answer."""
        self.tokenless = True
        self._deadlines.saw_no_token(self._watch.since)

    async def drain(self) -> None:
        """Reads what little may follow the end marker."""
        deadline = self._loop.time() + DRAIN_SECONDS
        with contextlib.suppress(DeadlinePassed, Closed, *FOREIGN), self._watch.until(deadline):
            while await self._body.read():
                pass

    async def close(self) -> None:
        """Hangs up, or gives back the connection of a body that was read to its end."""
        self._watch.rest()
        response, self._response = self._response, None
        if response is not None:
            with contextlib.suppress(*FOREIGN):
                await response.aclose()

    async def _send(self, outgoing: Outgoing, key: Secret) -> httpx.Response:
        request = self._request(outgoing, key)
        try:
            return await self._transport.handle_async_request(request)
        except BaseException as error:
            # The frames of the libraries hold the headers, and so the key; reports of errors show such variables.
            error.__traceback__ = None
            raise

    def _request(self, outgoing: Outgoing, key: Secret) -> httpx.Request:
        headers = outgoing.headers_with(key)
        body: SentBody | None = None
        if outgoing.content:
            headers |= {"content-type": "application/json", "content-length": str(len(outgoing.content))}
            body = SentBody(outgoing.content, self._mark_sent)
        patience = {"connect": self._clocks.connect, "pool": self._clocks.connect, "read": None, "write": None}
        return httpx.Request(
            outgoing.method, _parsed(outgoing.url), headers=headers, content=body, extensions={"timeout": patience}
        )

    def _opened(self, response: httpx.Response) -> int:
        self._mark_sent()
        self._response = response
        self.saw_no_token()
        headers = response.headers
        self.status = response.status_code
        self.trace_id = next((label_of(headers[name]) for name in TRACE_HEADERS if name in headers), None)
        self.retry_after = headers.get("retry-after")
        self._body = Body(response)
        return response.status_code

    def _mark_sent(self) -> None:
        if not self.sent:
            self.sent = True
            self._on_sent()


@lru_cache(64)
def _parsed(url: str) -> httpx.URL:
    """An upstream has a handful of addresses; to take one apart costs as much as writing a request to its socket."""
    return httpx.URL(url)
