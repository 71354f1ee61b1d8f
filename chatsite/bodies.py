"""Bodies of requests: in memory, where no disk keeps what people upload, and therefore bounded.

Daphne takes a whole body before an application sees it, and Twisted puts it into a temporary file. Here it stays in
memory: one body up to a limit, and all of a process together up to another one. Import only after the reactor is
installed.
"""

from __future__ import annotations

import io
from typing import Any, ClassVar

from daphne.http_protocol import HTTPFactory, WebRequest

_ALL_TOGETHER = 8
"""So many bodies of the largest size may be under way at once in a process."""
_UNCOUNTED = 64 * 1024
"""Bytes of a body that are not counted: ordinary forms always get through."""


class BoundedRequest(WebRequest):  # type: ignore[misc]
    """A request whose body has a limit: 413 above it, 503 while too much is under way."""

    most: ClassVar[int] = 2**63
    under_way: ClassVar[int] = 0

    def __init__(self, *arguments: Any, **options: Any) -> None:
        # Django reads forms; Twisted would do so as well, before and on the event loop.
        super().__init__(*arguments, **options, parsePOSTFormSubmission=False)

    def gotLength(self, length: int | None) -> None:  # noqa: N802 - Twisted's interface
        """Twisted knows how long the body is; None when the browser does not say."""
        self.content = io.BytesIO()
        self._counted = self._received = 0
        self._refused = False
        if length is not None and length > self.most:
            self._refuse(413, b"Content Too Large")

    def handleContentChunk(self, data: bytes) -> None:  # noqa: N802 - Twisted's interface
        """A piece of the body came."""
        if self._refused:
            return
        self._received += len(data)
        if self._received > self.most:
            self._refuse(413, b"Content Too Large")
        elif not self._count(len(data)):
            self._refuse(503, b"Service Unavailable")
        else:
            self.content.write(data)

    def process(self) -> Any:
        """The body is complete."""
        return None if self._refused else super().process()

    def finish(self) -> None:
        self._give_back()
        super().finish()

    def connectionLost(self, reason: Any) -> None:  # noqa: N802 - Twisted's interface
        self._give_back()
        super().connectionLost(reason)

    def _count(self, size: int) -> bool:
        """Take room for more of the body; False when there is none."""
        wanted = max(0, self._received - _UNCOUNTED) - self._counted
        if BoundedRequest.under_way + wanted > self.most * _ALL_TOGETHER:
            return False
        BoundedRequest.under_way += wanted
        self._counted += wanted
        return True

    def _give_back(self) -> None:
        BoundedRequest.under_way -= getattr(self, "_counted", 0)
        self._counted = 0

    def _refuse(self, status: int, text: bytes) -> None:
        """Answer before the rest came, and hang up: nobody waits for it."""
        self._refused = True
        self._give_back()
        self.content = io.BytesIO()
        answer = b"HTTP/1.1 %d %s\r\nConnection: close\r\nContent-Length: 0\r\nRetry-After: 10\r\n\r\n" % (status, text)
        self.channel.transport.write(answer)
        self.channel.transport.loseConnection()


def bound(factory: HTTPFactory, most: int) -> None:
    """Give the connections of `factory` bounded requests of at most `most` bytes each."""
    BoundedRequest.most = most
    build = factory.buildProtocol

    def build_bounded(address: Any) -> Any:
        protocol = build(address)
        protocol.requestFactory = BoundedRequest
        return protocol

    factory.buildProtocol = build_bounded
