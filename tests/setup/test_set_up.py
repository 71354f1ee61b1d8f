"""`bin/setup`: what it does, what it leaves alone, and what becomes of an interrupted one."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

import pytest

from tests.setup.checkout import Checkout, finish, wait_until

PYTHON_PACKAGES = "installing Python packages (requirements.txt)"
BROWSER_PACKAGES = "installing browser packages (package-lock.json)"
ENVIRONMENT = "making a virtual environment in .venv"


def test_the_second_time_nothing_is_done(ready: Checkout) -> None:
    finished = ready.run("setup")
    assert (finished.status, finished.out, finished.err) == (0, "", "")


def test_a_changed_lock_file_repeats_its_step_only(ready: Checkout) -> None:
    (ready.folder / "requirements.txt").write_text("# another one\n")
    assert ready.run("setup").steps == [PYTHON_PACKAGES]
    lock = ready.folder / "package-lock.json"
    lock.write_text(lock.read_text() + "\n")
    assert ready.run("setup").steps == [BROWSER_PACKAGES]
    assert ready.run("setup").steps == []


def test_a_failing_step_shows_its_output_and_is_done_again(ready: Checkout) -> None:
    requirements = ready.folder / "requirements.txt"
    requirements.write_text("unpinned-and-without-hash\n")
    finished = ready.run("setup")
    assert finished.status == 1
    assert "hash" in finished.err.lower()
    assert finished.err.splitlines()[-1].startswith(f"chatsite: {PYTHON_PACKAGES}: failed")
    requirements.write_text("")
    # From scratch, as nobody knows what the failed one left.
    assert ready.run("setup").steps == [ENVIRONMENT, PYTHON_PACKAGES]


def test_what_was_set_up_for_tests_stays_so(checkout: Checkout) -> None:
    assert checkout.run("setup", "--dev").steps[1] == "installing Python packages (requirements-dev.txt)"
    assert checkout.run("setup").steps == []
    assert checkout.run("setup", "--dev").steps == []


def test_two_at_once_do_it_once(checkout: Checkout) -> None:
    both = [checkout.start("setup"), checkout.start("setup")]
    finished = [finish(process) for process in both]
    assert [one.status for one in finished] == [0, 0]
    steps = [step for one in finished for step in one.steps if not step.startswith("waiting")]
    assert steps == [ENVIRONMENT, PYTHON_PACKAGES, BROWSER_PACKAGES]


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_an_interrupted_one_is_healed_by_the_next(checkout: Checkout, number: signal.Signals) -> None:
    interrupted = checkout.start("setup")
    wait_until((checkout.venv / "bin" / "python").exists)
    interrupted.send_signal(number)
    assert finish(interrupted).status in (-number, 130)
    finished = checkout.run("setup")
    assert finished.status == 0, finished.err
    assert [step for step in finished.steps if not step.startswith("waiting")] == [
        ENVIRONMENT,
        PYTHON_PACKAGES,
        BROWSER_PACKAGES,
    ]
    assert checkout.run("setup").steps == []


def test_a_moved_checkout_gets_a_new_environment(checkout: Checkout, tmp_path: Path) -> None:
    checkout.run("setup")
    checkout.folder = checkout.folder.rename(tmp_path / "moved")
    assert checkout.run("setup").steps == [ENVIRONMENT, PYTHON_PACKAGES]


@pytest.mark.parametrize("name", [".venv", "node_modules"])
def test_what_a_link_points_to_is_not_emptied(ready: Checkout, tmp_path: Path, name: str) -> None:
    elsewhere = (ready.folder / name).rename(tmp_path / "elsewhere")
    (ready.folder / name).symlink_to(elsewhere)
    (elsewhere / ".set-up").write_text('{"place": "another checkout"}')
    before = sorted(elsewhere.rglob("*"))
    finished = ready.run("setup")
    assert (finished.status, finished.out) == (1, "")
    assert finished.err.startswith(f"chatsite: {name} is a symbolic link to {elsewhere}.")
    assert f"(rm {name})" in finished.err
    assert sorted(elsewhere.rglob("*")) == before
    (ready.folder / name).unlink()
    assert ready.run("setup").status == 0


@pytest.mark.parametrize("script", ["setup", "serve", "test"])
def test_a_python_that_is_too_old_is_named(checkout: Checkout, tmp_path: Path, script: str) -> None:
    finished = checkout.run(script, PATH=_path_with_python(tmp_path, "echo 3.9.2; exit 1"))
    assert finished.status == 1
    assert finished.err.startswith("chatsite: Python 3.11 or newer is needed; python3 is 3.9.2. ")
    assert finished.err.count("\n") == 1
    assert not checkout.venv.exists()


def test_the_first_python_that_is_new_enough_is_taken(checkout: Checkout, tmp_path: Path) -> None:
    path = _path_with_python(tmp_path, "echo 3.9.2; exit 1")
    newer = Path(path) / "python3.12"
    newer.symlink_to(sys.executable)
    assert checkout.run("find-python", PATH=path).out.strip() == str(newer)
    assert checkout.run("find-python", PATH=path, PYTHON="python3").status == 1


def test_a_python_without_venv_is_named_with_the_package_that_helps(checkout: Checkout, tmp_path: Path) -> None:
    (tmp_path / "ensurepip.py").write_text("raise ImportError('as on Debian')")
    finished = checkout.run("setup", PYTHONPATH=str(tmp_path))
    assert finished.status == 1
    assert f"python3.{sys.version_info.minor}-venv" in finished.err
    assert finished.err.count("\n") == 1
    assert not checkout.venv.exists()


def test_a_node_that_is_too_old_is_not_used(checkout: Checkout, tmp_path: Path) -> None:
    """Instead the wheel of requirements-node.txt is installed; here that file names nothing, so npm is missing."""
    path = _path_with_python(tmp_path, f'exec "{sys.executable}" "$@"')
    for name in ("node", "npm"):
        _script(Path(path) / name, "echo v16.20.0")
    finished = checkout.run("setup", PATH=path)
    assert "installing Node, which this machine lacks (requirements-node.txt)" in finished.steps


def _path_with_python(folder: Path, python: str) -> str:
    """A PATH with the few programs that the scripts need, and a `python3` of our own."""
    path = folder / "path"
    path.mkdir()
    for name in ("sh", "dirname"):
        (path / name).symlink_to(f"/bin/{name}" if os.path.exists(f"/bin/{name}") else f"/usr/bin/{name}")
    _script(path / "python3", python)
    return str(path)


def _script(path: Path, text: str) -> None:
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
