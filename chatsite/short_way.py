"""The short way from an application to its websocket, past ASGI's `send`: an extension of the scope.

Our own server offers it (`chatsite.sockets`); on any other server, and in tests without one, it is not there.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol, cast

EXTENSION = "chatsite.socket"


class ShortWay(Protocol):
    """One websocket. What is sent after its closing is dropped."""

    def send_now(self, *frames: bytes) -> bool:
        """Send text messages (UTF-8) without waiting, all in one write. False when the reader is behind: then they have
        to wait."""

    async def send_text(self, text: bytes) -> None:
        """Send a text message (UTF-8) as soon as the reader has room for it."""


def of_scope(scope: Mapping[str, Any]) -> ShortWay | None:
    """The short way of a connection, if its server offers one."""
    return cast("ShortWay | None", scope.get("extensions", {}).get(EXTENSION))
