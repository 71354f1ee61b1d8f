"""The bare relay: what the server is compared with. `python -m …bare BASE_URL` prints its port, ends with its input.

The same server on the same loop and the same transport to the upstream, and nothing else: a question comes in over a
websocket and goes upstream, each delta goes out as it comes, in the frames of the browser protocol. No accounts, no
persistence, no encryption, no clocks, no limits, no numbering, no second tab.
"""

from __future__ import annotations

import asyncio
import json
import sys
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import msgspec
from httpx_aiohttp import AiohttpTransport

from chatsite.server import install_reactor
from tests.benchmarks.chunks import text_of
from tests.benchmarks.program import running
from tests.live.server import free_port

Send = Callable[[dict[str, Any]], Awaitable[None]]
Receive = Callable[[], Awaitable[dict[str, Any]]]


class _Frame(msgspec.Struct, tag="generation.delta", tag_field="type"):
    message: str
    text: str


class BareRelay:
    """The ASGI application."""

    def __init__(self, base_url: str) -> None:
        self._url = f"{base_url}/chat/completions"
        self._client: httpx.AsyncClient | None = None
        self._encoder = msgspec.json.Encoder()
        self._tasks: set[asyncio.Task[None]] = set()

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        if self._client is None:
            limits = httpx.Limits(max_connections=10_000, max_keepalive_connections=10_000)
            self._client = httpx.AsyncClient(transport=AiohttpTransport(limits=limits), timeout=httpx.Timeout(None))
        await receive()
        await send({"type": "websocket.accept"})
        while (message := await receive())["type"] == "websocket.receive":
            task = asyncio.ensure_future(self._answer(json.loads(message["text"]), send))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _answer(self, command: dict[str, str], send: Send) -> None:
        assert self._client is not None
        message = command["id"]
        body = {
            "model": "deepseek-flash",
            "messages": [{"role": "user", "content": command["text"]}],
            "stream": True,
        }
        async with self._client.stream("POST", self._url, json=body) as response:
            rest = b""
            async for piece in response.aiter_raw():
                *blocks, rest = (rest + piece).split(b"\n\n")
                for block in blocks:
                    if text := text_of(block):
                        frame = self._encoder.encode(_Frame(message, text)).decode()
                        await send({"type": "websocket.send", "text": frame})
        await send({"type": "websocket.send", "text": json.dumps({"type": "generation.finished", "message": message})})


@contextmanager
def running_bare_relay(base_url: str) -> Iterator[tuple[int, int]]:
    """Port and process id of a bare relay that runs meanwhile."""
    with running(__name__, base_url) as program:
        yield program


def _serve(base_url: str) -> None:
    install_reactor()
    from twisted.internet import reactor

    from chatsite.sockets import SocketServer

    port = free_port()

    def ready() -> None:
        server.use_own_protocol()
        reactor.callWhenRunning(lambda: print(port, flush=True))

    def end_with_input() -> None:
        sys.stdin.read()
        reactor.callFromThread(reactor.stop)

    server = SocketServer(
        application=BareRelay(base_url),
        endpoints=[f"tcp:port={port}:interface=127.0.0.1"],
        signal_handlers=False,
        ready_callable=ready,
        websocket_timeout=-1,
        verbosity=0,
    )
    threading.Thread(target=end_with_input, daemon=True).start()
    server.run()


if __name__ == "__main__":
    _serve(sys.argv[1])
