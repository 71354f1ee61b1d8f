"""The end of a server: tabs are told, answers are finished, and it never takes long."""

from __future__ import annotations

import os
import signal
import socket
import threading
import time
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import pytest
from websockets.exceptions import ConnectionClosed

from conversations.simulator import SimulatorThread
from tests.live.member import Member
from tests.live.server import LiveServer, installation


def test_tabs_are_told_of_a_restart_and_the_answer_is_finished(tmp_path: Path) -> None:
    with (
        SimulatorThread(speed=60) as simulator,
        installation(DEEPSEEK_API_KEY="sk-tests", DEEPSEEK_BASE_URL=simulator.base_url) as own,
        LiveServer(tmp_path / "var", own) as server,
        Member(server).become_first_administrator() as dana,
    ):
        dana.connect()
        ack = dana.ask("count to 60")
        dana.frame("generation.delta", message=ack["answer"])
        os.kill(server.pid, signal.SIGTERM)
        began = time.monotonic()
        with pytest.raises(ConnectionClosed) as closed:
            dana.frame("never", patience=5)
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1012
        assert time.monotonic() - began < 2
        assert server.stop(signal.SIGCONT) == 0
        server.start()
        assert dana.stored(ack["conversation"], ack["answer"])["generation"]["status"] == "complete"
        assert "Traceback" not in server.log.read_text()


def test_grace_is_the_limit(tmp_path: Path) -> None:
    with (
        SimulatorThread(speed=5) as simulator,
        installation(DEEPSEEK_API_KEY="sk-tests", DEEPSEEK_BASE_URL=simulator.base_url, SHUTDOWN_GRACE="1") as own,
        LiveServer(tmp_path / "var", own) as server,
        Member(server).become_first_administrator() as dana,
    ):
        dana.connect()
        ack = dana.ask("count to 500")
        dana.frame("generation.delta", message=ack["answer"])
        began = time.monotonic()
        assert server.stop() == 0
        assert time.monotonic() - began < 6


def test_a_database_that_is_away_does_not_hold_up_the_end(tmp_path: Path) -> None:
    with (
        SimulatorThread(speed=5) as simulator,
        installation(DEEPSEEK_API_KEY="sk-tests", DEEPSEEK_BASE_URL=simulator.base_url, SHUTDOWN_GRACE="1") as own,
    ):
        if "DATABASE_URL" not in own:
            pytest.skip("an embedded database is never away")
        parts = urlsplit(own["DATABASE_URL"])
        line = _Line(parts.hostname or "127.0.0.1", parts.port or 5432)
        through = parts._replace(
            netloc=f"{parts.username}{f':{parts.password}' if parts.password else ''}@127.0.0.1:{line.port}"
        )
        with (
            LiveServer(tmp_path / "var", own | {"DATABASE_URL": urlunsplit(through)}) as server,
            Member(server).become_first_administrator() as dana,
        ):
            dana.connect()
            ack = dana.ask("count to 500")
            dana.frame("generation.delta", message=ack["answer"])
            line.cut()
            began = time.monotonic()
            server.stop()
            assert time.monotonic() - began < 1 + 5 + 1


class _Line:
    """A way to a TCP server that can be cut."""

    def __init__(self, host: str, port: int) -> None:
        self._target = (host, port)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self._ends: list[socket.socket] = []
        self._is_cut = False
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        """As a firewall does: nothing is answered any more, nothing refused."""
        self._is_cut = True

    def _accept(self) -> None:
        while True:
            near, _ = self._listener.accept()
            self._ends.append(near)
            if self._is_cut:
                continue
            far = socket.create_connection(self._target)
            self._ends.append(far)
            for source, sink in ((near, far), (far, near)):
                threading.Thread(target=self._pump, args=(source, sink), daemon=True).start()

    def _pump(self, source: socket.socket, sink: socket.socket) -> None:
        with suppress(OSError):
            while (data := source.recv(1 << 16)) and not self._is_cut:
                sink.sendall(data)
            if not self._is_cut:
                sink.shutdown(socket.SHUT_WR)
