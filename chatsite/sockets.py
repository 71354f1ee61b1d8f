"""Daphne with websockets whose senders wait for slow readers, that end with a reason, and that have a short way out.

Daphne's own `send` never waits: what a reader does not take piles up in the transport without bound. And it is long: a
task, six layers and two changes of what the event loop watches for each message. An application finds
`chatsite.short_way` in its scope. Import only after the reactor is installed.
"""

from __future__ import annotations

import asyncio
from typing import Any

from daphne.server import Server
from daphne.ws_protocol import WebSocketProtocol
from twisted.internet.interfaces import IPushProducer
from zope.interface import implementer

from chatsite import short_way

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
        self.is_free = self._free.is_set
        self.wait = self._free.wait

    def pauseProducing(self) -> None:  # noqa: N802 - Twisted's interface
        self._free.clear()

    def resumeProducing(self) -> None:  # noqa: N802 - Twisted's interface
        self._free.set()

    def stopProducing(self) -> None:  # noqa: N802 - Twisted's interface
        self._free.set()


class SocketProtocol(WebSocketProtocol):  # type: ignore[misc]
    """A websocket that knows whether its reader keeps up. A `ShortWay`."""

    def connectionMade(self) -> None:  # noqa: N802 - Twisted's interface
        super().connectionMade()
        self.room = _Room()
        # Until now the HTTP channel, which handed the connection over, was told of the buffer.
        self.transport.unregisterProducer()
        self.transport.registerProducer(self.room, streaming=True)

    def send_now(self, *frames: bytes) -> bool:
        """See `ShortWay`."""
        if not self.room.is_free():
            return False
        if self.state == self.STATE_OPEN:
            self._write(b"".join(part for text in frames for part in (_header(len(text)), text)))
        return True

    async def send_text(self, text: bytes) -> None:
        """See `ShortWay`."""
        while not self.send_now(text):
            await self.room.wait()

    def _write(self, data: bytes) -> None:
        """Into the socket itself when nothing waits before it; the transport's own way takes two system calls more to
        be told that it may.
        """
        transport = self.transport
        if transport.connected and not (self.send_queue or transport.dataBuffer or transport._tempDataBuffer):
            sent = transport.writeSomeData(data)
            # Anything but a number: the connection is lost, as the transport's next write or read finds out.
            data = data[sent:] if isinstance(sent, int) else data
        if data:
            self.sendData(data)

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


def _header(length: int) -> bytes:
    """Of an unmasked, unfragmented text message (RFC 6455, section 5.2)."""
    if length < 126:
        return bytes((0x81, length))
    if length < 1 << 16:
        return b"\x81\x7e" + length.to_bytes(2, "big")
    return b"\x81\x7f" + length.to_bytes(8, "big")


class SocketServer(Server):  # type: ignore[misc]
    """Daphne, as an application's `send` waits for room while a websocket's reader is behind, and whose requests end
    before it does."""

    _ends = False

    def use_own_protocol(self) -> None:
        """To be called when Daphne has made its factories, before the first connection."""
        self.ws_factory.protocol = SocketProtocol
        self.ws_factory.setProtocolOptions(closeHandshakeTimeout=_CLOSING_HANDSHAKE)

    def create_application(self, protocol: Any, scope: dict[str, Any]) -> Any:
        """As Daphne does, with the short way in the scope of a websocket. None for a request that comes over an open
        connection at the server's end: it is answered here."""
        if self._ends and scope["type"] == "http":
            protocol.setHeader(b"Connection", b"close")
            protocol.channel.persistent = False
            protocol.basic_error(503, b"Service Unavailable", "The server restarts. Try again in a moment.")
            return None
        if isinstance(protocol, SocketProtocol):
            scope["extensions"] = {short_way.EXTENSION: protocol}
        return super().create_application(protocol, scope)

    async def handle_reply(self, protocol: Any, message: dict[str, Any]) -> None:
        """An application's `send`."""
        if message["type"] == "websocket.send":
            await protocol.room.wait()
        await super().handle_reply(protocol, message)

    async def finish_requests(self, patience: float) -> None:
        """Begin no more requests; returns when those that had begun are answered, after at most `patience` seconds.

        The threads of requests wait for the event loop: were it to end before them, they and the process never would.
        """
        self._ends = True
        applications = (details.get("application_instance") for details in self.connections.values())
        begun = [task for task in applications if task is not None and not task.done()]
        if begun:
            await asyncio.wait(begun, timeout=patience)

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
