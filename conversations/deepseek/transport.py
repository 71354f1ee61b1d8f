"""The HTTP transport: httpx on aiohttp's machinery, which halves the cost of each read."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, cast

import httpx
from aiohttp import StreamReader
from httpx_aiohttp import AiohttpTransport
from httpx_aiohttp.transport import AiohttpResponseStream

from conversations.deepseek.rests import Rests

READER = "aiohttp_reader"
RESTS = "rests"

ReadPiece = Callable[[], Awaitable[bytes]]


class ReaderTransport(AiohttpTransport):
    """Hands aiohttp's reader of the body along, as the extension READER of the response, and the rests of its
    connections as RESTS."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.rests = Rests()
        self._is_closed = False

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if self._is_closed:
            # The library would open a new session, which nobody closes.
            raise RuntimeError("the client is closed")
        response = await super().handle_async_request(request)
        stream = cast("AiohttpResponseStream", response.stream)
        response.extensions[READER] = stream._aiohttp_response.content
        response.extensions[RESTS] = self.rests
        return response

    async def aclose(self) -> None:
        self._is_closed = True
        await super().aclose()


class Body:
    """The body of a response, in pieces. `await read()` is the next one, b"" at the end.

    A body as it is comes straight from aiohttp's reader: the way through httpx has five more steps for each piece.
    """

    def __init__(self, response: httpx.Response) -> None:
        reader = response.extensions.get(READER)
        is_plain = response.headers.get("content-encoding", "identity").lower() == "identity"
        self._reader = reader if isinstance(reader, StreamReader) and is_plain else None
        self._rests: Rests | None = response.extensions.get(RESTS)
        self.read = _pieces(response) if self._reader is None else _reading(self._reader)

    async def rest(self, seconds: float) -> None:
        """Let more come before the next read: returns after so long, or at once if the next read waits that long."""
        if not self._rest_unread(seconds):
            await asyncio.sleep(seconds)

    def _rest_unread(self, seconds: float) -> bool:
        """Whether the connection is left alone: not one that has ended, that is encrypted, or that aiohttp holds up by
        itself.
        """
        reader, rests = self._reader, self._rests
        if reader is None or rests is None or reader.is_eof():
            return False
        transport = reader._protocol.transport
        if transport is None or transport.is_closing() or not transport.is_reading():
            return False
        if transport.get_extra_info("sslcontext") is not None:
            return False
        rests.begin(transport, seconds)
        return True


def _pieces(response: httpx.Response) -> ReadPiece:
    pieces = aiter(response.aiter_bytes())

    async def next_piece() -> bytes:
        return await anext(pieces, b"")

    return next_piece


def _reading(reader: StreamReader) -> ReadPiece:
    """Reads like `readany`, which forgets what came before a connection broke off unless somebody waited for it."""

    def next_piece() -> Awaitable[bytes]:
        return reader.readany() if reader.exception() is None else rest()

    async def rest() -> bytes:
        return reader._read_nowait(-1) or await reader.readany()

    return next_piece
