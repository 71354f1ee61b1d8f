"""Two starts at once on one data folder."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from chatsite import lock
from chatsite.installation import write_secret
from chatsite.preflight import Obstacle
from conversations.simulator import SimulatorThread
from tests.live.member import Member
from tests.live.server import LiveServer, free_port, installation


def test_two_first_starts_at_once_share_one_history_key(tmp_path: Path) -> None:
    with (
        SimulatorThread(speed=0, first_token=0) as simulator,
        installation(DEEPSEEK_API_KEY="sk-tests", DEEPSEEK_BASE_URL=simulator.base_url) as own,
    ):
        servers = [LiveServer(tmp_path / "var", own, port=free_port(), is_prepared=False) for _ in range(2)]
        try:
            with ThreadPoolExecutor(2) as pool:
                list(pool.map(LiveServer.start, servers))
            with Member(servers[0]).become_first_administrator() as dana:
                acks = []
                for server in servers:
                    dana.connect(server)
                    acks.append(dana.ask("count to 3"))
                    dana.frame("generation.finished", message=acks[-1]["answer"])
                dana.hang_up()
                for server in servers:
                    assert server.stop() == 0
                servers[0].start()
                for ack in acks:
                    assert dana.stored(ack["conversation"], ack["answer"])["text"]
        finally:
            for server in servers:
                server.stop()
        logs = [server.log.read_text() for server in servers]
        assert sum("history_keyset: back it up" in log for log in logs) == 1
        assert "Traceback" not in "".join(logs)


def test_a_secret_that_exists_is_never_replaced(tmp_path: Path) -> None:
    path = tmp_path / "secrets" / "history_keyset"
    write_secret(path, "first")
    with pytest.raises(FileExistsError):
        write_secret(path, "second")
    assert path.read_text() == "first\n"
    assert list(path.parent.iterdir()) == [path]


def test_one_at_a_time_also_when_the_first_removes_the_folder(tmp_path: Path) -> None:
    """The lock file of a start that met an obstacle is removed with its folder; who waited for it makes a new one."""
    folder = tmp_path / "a" / "b"
    waiting, inside = threading.Event(), threading.Event()

    def second() -> None:
        with lock.alone(folder, waiting.set):
            assert (folder / lock.NAME).exists()
            inside.set()

    thread = threading.Thread(target=second)

    def first() -> None:
        with lock.alone(folder, pytest.fail):
            thread.start()
            assert waiting.wait(10)
            assert not inside.is_set()
            raise Obstacle("no")

    with pytest.raises(Obstacle):
        first()
    thread.join(10)
    assert inside.is_set()


def test_an_obstacle_leaves_nothing_behind(tmp_path: Path) -> None:
    with pytest.raises(Obstacle), lock.alone(tmp_path / "a" / "b", pytest.fail):
        raise Obstacle("no")
    assert list(tmp_path.iterdir()) == []
