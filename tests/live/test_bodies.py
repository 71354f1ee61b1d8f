"""What people upload stays in memory, and has a limit before the server takes it."""

from __future__ import annotations

import os
import re
import socket
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.live.member import Member
from tests.live.server import LiveServer, installation

_MEGABYTE = 1024 * 1024


@pytest.fixture
def server(tmp_path: Path) -> Iterator[LiveServer]:
    with installation() as environment:
        # Nothing may be written beside the data folder.
        unwritable = tmp_path / "unwritable"
        unwritable.write_text("")
        folders = {name: str(unwritable) for name in ("TMPDIR", "TEMP", "TMP")}
        with LiveServer(tmp_path / "var", {**environment, **folders}) as server:
            yield server


def test_a_large_file_is_taken_without_a_temporary_file(server: LiveServer) -> None:
    with Member(server).become_first_administrator() as dana:
        row = dana.attach("notes.txt", "Tea at five. " * 20_000)
        assert row["size"] == 260_000
        too_long = dana.upload("notes.txt", b"x" * (19 * _MEGABYTE))
        assert (too_long.status_code, too_long.json()["code"]) == (422, "file_too_much_text")
        assert not _open_temporary_files(server.pid)


def _open_temporary_files(pid: int) -> list[str]:
    links = []
    for entry in Path(f"/proc/{pid}/fd").iterdir():
        with suppress(FileNotFoundError):  # closed since the folder was read
            links.append(os.readlink(entry))
    return [link for link in links if re.search(r"^/tmp/\S+ \(deleted\)$", link)]


@pytest.mark.parametrize("length", ["Content-Length: 99999999999", "Transfer-Encoding: chunked"])
def test_a_body_that_is_too_large_is_not_taken(server: LiveServer, length: str) -> None:
    """Nor by anybody who is not signed in."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as connection:
        head = f"POST /attachments/ HTTP/1.1\r\nHost: 127.0.0.1\r\n{length}\r\n\r\n"
        connection.sendall(head.encode())
        if "chunked" in length:
            _pour(connection, 70)
        answer = connection.recv(4096)
    assert answer.startswith(b"HTTP/1.1 413 ")
    with Member(server).become_first_administrator() as dana:
        assert dana.attach("notes.txt", "Tea at five.")["kind"] == "text"


def _pour(connection: socket.socket, megabytes: int) -> None:
    chunk = b"%x\r\n%b\r\n" % (_MEGABYTE, bytes(_MEGABYTE))
    try:
        for _ in range(megabytes):
            connection.sendall(chunk)
    except (BrokenPipeError, ConnectionResetError):
        # It hung up, as it said.
        return
