"""Daphne with websockets whose senders wait for slow readers, and that end with a reason.

Daphne's own `send` never waits: what a reader does not take piles up in the transport without bound. Import only after
the reactor is installed.
"""

from __future__ import annotations

import asyncio
from typing import Any

from daphne.server import Server
from daphne.ws_protocol import WebSocketProtocol
from twisted.internet.interfaces import IPushProducer
from zope.interface import implementer

_CLOSING_HANDSHAKE = 5.0
"""Seconds that a browser gets to answer a close; a slow reader has a full buffer before it."""
_STANDARD_CODES = range(1011, 1015)
"""Close codes that Autobahn's `sendClose` keeps from applications: 1012 restart, 1013 try again later."""


@implementer(IPushProducer)
class _Room:
    """Whether a transport's buffer (64 KiB) takes more. Open again when the connection is gone: nobody waits for it."""

    def __init__(self) -> None:
        self._free = asyncio.Event()
        self._free.set()

    async def wait(self) -> None:
        await self._free.wait()

    def pauseProducing(self) -> None:  # noqa: N802 - Twisted's interface
        self._free.clear()

    def resumeProducing(self) -> None:  # noqa: N802 - Twisted's interface
        self._free.set()

    def stopProducing(self) -> None:  # noqa: N802 - Twisted's interface
        self._free.set()


class SocketProtocol(WebSocketProtocol):  # type: ignore[misc]
    """A websocket that knows whether its reader keeps up."""

    def connectionMade(self) -> None:  # noqa: N802 - Twisted's interface
        super().connectionMade()
        self.room = _Room()
        # Until now the HTTP channel, which handed the connection over, was told of the buffer.
        self.transport.unregisterProducer()
        self.transport.registerProducer(self.room, streaming=True)

    def serverClose(self, code: int | None = None) -> None:  # noqa: N802 - Daphne's interface
        """Close with `code`, also with one of the standard's own."""
        if code in _STANDARD_CODES:
            self.sendCloseFrame(code=code)
        else:
            super().serverClose(code)

    def dropConnection(self, abort: bool = False) -> None:  # noqa: N802 - Autobahn's interface
        """As Autobahn does, which takes the producer from the transport: nobody else would wake who waits for room."""
        super().dropConnection(abort)
        self.room.stopProducing()


class SocketServer(Server):  # type: ignore[misc]
    """Daphne, as an application's `send` waits for room while a websocket's reader is behind."""

    def use_own_protocol(self) -> None:
        """To be called when Daphne has made its factories, before the first connection."""
        self.ws_factory.protocol = SocketProtocol
        self.ws_factory.setProtocolOptions(closeHandshakeTimeout=_CLOSING_HANDSHAKE)

    async def handle_reply(self, protocol: Any, message: dict[str, Any]) -> None:
        """An application's `send`."""
        if message["type"] == "websocket.send":
            await protocol.room.wait()
        await super().handle_reply(protocol, message)

    async def close_websockets(self, code: int, patience: float) -> None:
        """Close every open websocket with `code`; returns when all are gone, after at most `patience` seconds."""
        loop = asyncio.get_running_loop()
        gone = []
        for protocol in tuple(self.connections):
            if isinstance(protocol, SocketProtocol) and protocol.state == protocol.STATE_OPEN:
                protocol.serverClose(code)
                gone.append(protocol.is_closed.asFuture(loop))
        if gone:
            await asyncio.wait(gone, timeout=patience)
