"""`bin/serve`: one command from a checkout to a site that answers, and one clear line when it cannot."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from conversations.history.site_keyset import generate
from tests.live.server import free_port
from tests.setup.checkout import Checkout, Served, contents, is_alive, wait_until


@pytest.fixture(scope="module")
def used(ready: Checkout, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data folder of an installation that has served. Not to be changed."""
    data_dir = tmp_path_factory.mktemp("used") / "var"
    with Served(ready, data_dir):
        pass
    return data_dir


@pytest.fixture
def data_dir(used: Path, tmp_path: Path) -> Path:
    """A copy of it."""
    return Path(shutil.copytree(used, tmp_path / "var"))


def test_first_start(ready: Checkout, tmp_path: Path) -> None:
    data_dir = tmp_path / "not" / "there" / "yet"
    with Served(ready, data_dir) as served:
        (simulator,) = served.children()
        finished = served.press_ctrl_c()
    assert finished.status == 0
    assert finished.err == ""
    assert f"ready at {served.url}/ (demo mode: answers are simulated)" in finished.steps
    assert any("history_keyset: back it up" in step for step in finished.steps)
    assert not is_alive(simulator)
    assert not (data_dir / "chatsite.sqlite3-wal").exists(), "the database file alone is not complete"
    assert stat.S_IMODE(data_dir.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in (data_dir / "secrets").iterdir()} == {0o600}


def test_warm_start_and_idle_memory(ready: Checkout, data_dir: Path) -> None:
    """How long it takes is measured by `bin/bench start`."""
    with Served(ready, data_dir, measured=False) as served:
        assert served.resident_megabytes() < 150
        finished = served.press_ctrl_c()
    assert finished.steps == [f"ready at {served.url}/ (demo mode: answers are simulated)"]


def test_a_killed_server_leaves_no_simulator(ready: Checkout, data_dir: Path) -> None:
    with Served(ready, data_dir) as served:
        (simulator,) = served.children()
        served.process.kill()
        wait_until(lambda: not is_alive(simulator), patience=5)


def test_with_a_key_there_is_no_simulator(ready: Checkout, data_dir: Path) -> None:
    with Served(ready, data_dir, DEEPSEEK_API_KEY="sk-any") as served:
        assert served.children() == []
        finished = served.press_ctrl_c()
    assert finished.steps == [f"ready at {served.url}/"]
    assert "sk-any" not in finished.out + finished.err


def test_beyond_loopback_a_setup_token_is_shown(ready: Checkout, data_dir: Path) -> None:
    with Served(ready, data_dir, HOST="0.0.0.0") as served:
        finished = served.press_ctrl_c()
    token = (data_dir / "secrets" / "setup_token").read_text().strip()
    assert any(step.endswith(f"one-time setup token: {token}") for step in finished.steps)


# --- obstacles --------------------------------------------------------------------------------------------------------


def assert_obstacle(checkout: Checkout, data_dir: Path, *words: str, **environment: str) -> None:
    """`bin/serve` ends with one line that has `words` in it, and the data are what they were."""
    before = contents(data_dir) if data_dir.is_dir() else None
    finished = checkout.run("serve", **({"PORT": str(free_port()), "DATA_DIR": str(data_dir)} | environment))
    assert finished.status == 1
    assert finished.out == ""
    assert finished.err.startswith("chatsite: ")
    assert finished.err.count("\n") == 1, finished.err
    for word in words:
        assert word in finished.err
    assert (contents(data_dir) if data_dir.is_dir() else None) == before


@pytest.fixture
def taken_port() -> Iterator[int]:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield int(listener.getsockname()[1])


def test_port_taken(checkout: Checkout, tmp_path: Path, taken_port: int) -> None:
    (checkout.folder / "chatsite").symlink_to(Path(__file__).resolve().parents[2] / "chatsite")
    assert_obstacle(checkout, tmp_path / "var", f"127.0.0.1:{taken_port}", "PORT", PORT=str(taken_port))
    assert not checkout.venv.exists(), "set up before the check"


def test_port_that_is_none(ready: Checkout, tmp_path: Path) -> None:
    assert_obstacle(ready, tmp_path / "var", "PORT", "http", PORT="http")


def test_data_folder_that_is_a_file(ready: Checkout, tmp_path: Path) -> None:
    (tmp_path / "var").touch()
    assert_obstacle(ready, tmp_path / "var", "not writable", "DATA_DIR")
    assert_obstacle(ready, tmp_path / "var" / "below", "not writable", "DATA_DIR")


def test_data_folder_where_nothing_can_be_made(ready: Checkout) -> None:
    assert_obstacle(ready, Path("/proc/chatsite"), "not writable", "DATA_DIR")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_data_folder_of_somebody_else(ready: Checkout, tmp_path: Path) -> None:
    (tmp_path / "var").mkdir(mode=0o500)
    assert_obstacle(ready, tmp_path / "var", "not writable", "DATA_DIR")


def test_database_unreachable(ready: Checkout, tmp_path: Path) -> None:
    url = f"postgresql://chatsite:hidden@127.0.0.1:{free_port()}/chatsite"
    assert_obstacle(ready, tmp_path / "var", "database cannot be reached", "DATABASE_URL", DATABASE_URL=url)
    assert not (tmp_path / "var").exists()


def test_database_of_an_unknown_kind(ready: Checkout, tmp_path: Path) -> None:
    assert_obstacle(ready, tmp_path / "var", "DATABASE_URL", "postgresql://", DATABASE_URL="mysql://localhost/chatsite")


def test_history_key_missing(ready: Checkout, data_dir: Path) -> None:
    (data_dir / "secrets" / "history_keyset").unlink()
    assert_obstacle(ready, data_dir, "history key is missing", "HISTORY_KEYSET", "nothing was changed")


def test_history_key_of_another_installation(ready: Checkout, data_dir: Path) -> None:
    assert_obstacle(ready, data_dir, "HISTORY_KEYSET does not fit", HISTORY_KEYSET=generate())


def test_history_key_that_is_none(ready: Checkout, data_dir: Path, tmp_path: Path) -> None:
    assert_obstacle(ready, data_dir, "HISTORY_KEYSET is not a usable", HISTORY_KEYSET="hidden-keyset")
    assert_obstacle(ready, tmp_path / "new", "HISTORY_KEYSET is not a usable", HISTORY_KEYSET="hidden-keyset")
    assert not (tmp_path / "new").exists()


def test_settings_that_do_not_fit_together(ready: Checkout, tmp_path: Path) -> None:
    assert_obstacle(ready, tmp_path / "var", "DEBUG is on", DEBUG="true", HOST="0.0.0.0")


def test_signals_end_a_server_that_is_still_starting(ready: Checkout, data_dir: Path) -> None:
    starting = Served(ready, data_dir)
    wait_until(lambda: bool(starting.children()))
    (child, *_) = starting.children()
    starting.process.send_signal(signal.SIGTERM)
    starting.process.wait(10)
    wait_until(lambda: not is_alive(child), patience=5)
    starting.process.communicate()
