"""The HTTP transport: httpx on aiohttp's machinery, which halves the cost of each read."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import cast

import httpx
from aiohttp import StreamReader
from httpx_aiohttp import AiohttpTransport
from httpx_aiohttp.transport import AiohttpResponseStream

READER = "aiohttp_reader"

ReadPiece = Callable[[], Awaitable[bytes]]


class ReaderTransport(AiohttpTransport):
    """Hands aiohttp's reader of the body along, as the extension READER of the response."""

    _is_closed = False

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if self._is_closed:
            # The library would open a new session, which nobody closes.
            raise RuntimeError("the client is closed")
        response = await super().handle_async_request(request)
        stream = cast("AiohttpResponseStream", response.stream)
        response.extensions[READER] = stream._aiohttp_response.content
        return response

    async def aclose(self) -> None:
        self._is_closed = True
        await super().aclose()


def pieces_of(response: httpx.Response) -> ReadPiece:
    """What reads the next piece of the body, b"" at its end.

    A body as it is comes straight from aiohttp's reader: the way through httpx has five more steps for each piece.
    """
    reader = response.extensions.get(READER)
    if isinstance(reader, StreamReader) and response.headers.get("content-encoding", "identity").lower() == "identity":
        return _reading(reader)
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
