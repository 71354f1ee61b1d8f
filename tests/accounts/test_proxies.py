"""Whose address a request has, and whose word on it is believed."""

from __future__ import annotations

import ipaddress
from typing import Any

import pytest

from chatsite.environment import Network
from chatsite.proxies import client_address, resolve

TRUSTED: tuple[Network, ...] = (ipaddress.ip_network("10.0.0.0/8"), ipaddress.ip_network("fd00::/8"))


@pytest.mark.parametrize(
    ("forwarded_for", "expected"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("198.51.100.1, 203.0.113.7", "203.0.113.7"),
        ("203.0.113.7, 10.0.0.9", "203.0.113.7"),
        ("198.51.100.1, 203.0.113.7, 10.0.0.9 , 10.0.0.8", "203.0.113.7"),
        ("10.0.0.7, 10.0.0.9", "10.0.0.7"),
        ("203.0.113.7:51234", "203.0.113.7"),
        ("[2001:db8::7]:51234", "2001:db8::7"),
        ("2001:db8::7, fd00::1", "2001:db8::7"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("", "10.0.0.1"),
        ("unknown", "10.0.0.1"),
        ("203.0.113.7, <script>, 10.0.0.9", "10.0.0.9"),
    ],
)
def test_the_client_is_the_right_most_address_that_is_no_proxy(forwarded_for: str, expected: str) -> None:
    assert client_address("10.0.0.1", forwarded_for, TRUSTED) == expected


def test_a_trusted_proxy_is_believed() -> None:
    meta: dict[str, Any] = {
        "REMOTE_ADDR": "::ffff:10.0.0.1",
        "HTTP_X_FORWARDED_FOR": "203.0.113.7",
        "HTTP_X_FORWARDED_PROTO": "https",
    }
    resolve(meta, TRUSTED)
    assert meta["REMOTE_ADDR"] == "203.0.113.7"
    assert meta["HTTP_X_FORWARDED_PROTO"] == "https"


@pytest.mark.parametrize("peer", ["203.0.113.66", "", None])
def test_a_stranger_is_not(peer: str | None) -> None:
    meta: dict[str, Any] = {
        "REMOTE_ADDR": peer,
        "HTTP_X_FORWARDED_FOR": "10.0.0.1",
        "HTTP_X_FORWARDED_PROTO": "https",
        "HTTP_X_FORWARDED_HOST": "evil.example",
        "HTTP_HOST": "chat.example.org",
    }
    resolve(meta, TRUSTED)
    assert meta == {"REMOTE_ADDR": peer, "HTTP_HOST": "chat.example.org"}
