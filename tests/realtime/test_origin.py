"""Only our own pages open a socket."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from conversations.realtime.origin import allowed
from tests.realtime.tab import Tab


@pytest.fixture(autouse=True)
def hosts(settings: Any) -> None:
    settings.ALLOWED_HOSTS = ["chat.example.org", "localhost", "[::1]"]
    settings.ENVIRONMENT = dataclasses.replace(settings.ENVIRONMENT, public_url="https://chat.example.org")


@pytest.mark.parametrize(
    ("origin", "host", "verdict"),
    [
        ("http://localhost:8000", "localhost:8000", True),
        ("http://LOCALHOST", "localhost:80", True),
        ("http://[::1]:8000", "[::1]:8000", True),
        ("https://chat.example.org", "chat.example.org", True),
        # The proxy ends TLS and may send on another Host; the public address is trusted as such.
        ("https://chat.example.org", "localhost:8000", True),
        (None, "localhost:8000", True),
        ("http://localhost:9000", "localhost:8000", False),
        ("https://evil.example", "chat.example.org", False),
        ("https://evil.example", "evil.example", False),
        ("https://chat.example.org.evil.example", "chat.example.org", False),
        ("null", "localhost", False),
        ("file://", "localhost", False),
        ("http://localhost:x", "localhost", False),
        ("", "localhost", False),
        ("http://localhost", "", False),
    ],
)
def test_origin_and_host(origin: str | None, host: str, verdict: bool) -> None:
    assert allowed(origin, host) is verdict


@pytest.mark.django_db(transaction=True)
async def test_a_foreign_page_gets_no_socket() -> None:
    stranger = Tab("", origin="https://evil.example")
    assert not await stranger.connect()


@pytest.mark.django_db(transaction=True)
async def test_without_a_session_the_socket_is_closed_with_4401(settings: Any) -> None:
    settings.ALLOWED_HOSTS = ["testserver"]
    nobody = Tab("")
    assert await nobody.connect()
    closing = await nobody.communicator.receive_output(timeout=5)
    assert closing == {"type": "websocket.close", "code": 4401}
    await nobody.communicator.send_input({"type": "websocket.receive", "text": '{"type":"ping"}'})
    await nobody.communicator.send_input({"type": "websocket.disconnect", "code": 4401})
