"""A tab that stops reading costs a bounded amount of memory, and the others nothing."""

from __future__ import annotations

import json
import socket
import struct
import time
from pathlib import Path

from conversations.simulator import SimulatorThread
from tests.live.member import Member
from tests.live.server import LiveServer, installation

_LONG = 1_900_000
_MOST_MORE = 120
"""Megabytes. Unbounded, the frames asked for below are 250 MB and more."""


def test_a_reader_that_does_not_read_is_given_up(tmp_path: Path) -> None:
    with (
        SimulatorThread(speed=0, first_token=0) as simulator,
        installation(
            DEEPSEEK_API_KEY="sk-tests",
            DEEPSEEK_BASE_URL=simulator.base_url,
            MAX_MESSAGE_CHARACTERS="2000000",
            CONTEXT_BUDGET="1000000",
        ) as own,
        # A message ten times as long as the default allows: to encrypt it for Redis takes its time.
        LiveServer(tmp_path / "var", own, loop_limit=None) as server,
        Member(server).become_first_administrator() as dana,
    ):
        dana.connect()
        ack = dana.ask("x" * _LONG)
        dana.frame("generation.finished", message=ack["answer"], patience=90)
        before = _resident_megabytes(server.pid)
        with _socket_that_does_not_read(server, dana) as deaf:
            message = json.dumps({"type": "conversation.open", "conversation": ack["conversation"]}).encode()
            highest = before
            for _ in range(130):
                try:
                    deaf.sendall(_frame(message))
                except OSError:
                    break  # given up, and dropped since it did not answer the closing
                time.sleep(0.03)
                highest = max(highest, _resident_megabytes(server.pid))
            assert highest - before < _MOST_MORE
            asked = time.monotonic()
            dana.say("ping")
            dana.frame("pong")
            assert time.monotonic() - asked < 1
            text = "a reader is too slow: it is disconnected"
            assert text in server.log.read_text()
            deaf.settimeout(10)
            assert _close_code(deaf) in (1013, None)


def _socket_that_does_not_read(server: LiveServer, member: Member) -> socket.socket:
    cookies = "; ".join(f"{cookie.name}={cookie.value}" for cookie in member.http.cookies.jar)
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    connection.connect(("127.0.0.1", server.port))
    lines = [
        "GET /ws/ HTTP/1.1",
        f"Host: 127.0.0.1:{server.port}",
        f"Origin: {server.url}",
        "Upgrade: websocket",
        "Connection: Upgrade",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
        "Sec-WebSocket-Version: 13",
        f"Cookie: {cookies}",
    ]
    connection.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
    time.sleep(0.3)
    return connection


def _frame(text: bytes) -> bytes:
    """A text frame as a client sends it, with a mask of zeros."""
    return (
        b"\x81"
        + (bytes([0x80 | len(text)]) if len(text) < 126 else b"\xfe" + struct.pack("!H", len(text)))
        + bytes(4)
        + text
    )


def _close_code(connection: socket.socket) -> int | None:
    """Read to the end. None when the connection was dropped."""
    last = b""
    try:
        while piece := connection.recv(1 << 16):
            last = (last + piece)[-4:]
    except OSError:
        return None
    return int.from_bytes(last[2:], "big") if last[:2] == b"\x88\x02" else None


def _resident_megabytes(pid: int) -> float:
    (line,) = (line for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith("VmRSS:"))
    return int(line.split()[1]) / 1024
