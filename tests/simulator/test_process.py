"""The simulator as a process of its own."""

from __future__ import annotations

import argparse
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from conversations.simulator import SCENARIOS
from conversations.simulator.command_line import add_arguments, run

from .asking import KEY, body

ROOT = Path(__file__).resolve().parents[2]
MODULE = [sys.executable, "-m", "conversations.simulator"]
COMMAND = [sys.executable, "manage.py", "simulate_deepseek"]


@contextmanager
def running(*command: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """The process and its base address."""
    pipe = subprocess.PIPE
    with subprocess.Popen(command, cwd=ROOT, text=True, stdin=pipe, stdout=pipe, stderr=pipe) as process:
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            assert line.startswith("listening on http://127.0.0.1:")
            yield process, line.split()[-1]
        finally:
            process.kill()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_serves_and_ends_on_a_signal(number: signal.Signals) -> None:
    with running(*MODULE, "--first-token", "0", "--speed", "0") as (process, address):
        response = httpx.post(f"{address}/chat/completions", headers=KEY, json=body(), trust_env=False)
        assert response.status_code == 200
        process.send_signal(number)
        assert process.wait(5) == 0
        assert process.stderr is not None
        assert process.stderr.read() == ""


def test_it_ends_with_its_parent() -> None:
    with running(*MODULE, "--exit-with-parent") as (process, _):
        assert process.stdin is not None
        process.stdin.close()
        assert process.wait(5) == 0


def test_it_starts_fast() -> None:
    started = time.perf_counter()
    with running(*MODULE):
        assert time.perf_counter() - started < 2  # measured: 0.3 s; the rest is for a busy machine


def options(*arguments: str) -> dict[str, Any]:
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    return vars(parser.parse_args(arguments))


def test_a_taken_port_is_one_clear_line(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert run(options("--port", str(port))) == 1
    assert capsys.readouterr() == ("", f"The simulator cannot listen on 127.0.0.1:{port}: Address already in use\n")


def test_it_lists_its_scenarios(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(options("--list-scenarios")) == 0
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == list(SCENARIOS)


def test_a_reset_reaches_the_client_of_a_process() -> None:
    with running(*MODULE, "--first-token", "0", "--speed", "0", "--scenario", "reset") as (_, address):
        fields = body(stream=True)
        with pytest.raises(httpx.ReadError):
            httpx.post(f"{address}/chat/completions", headers=KEY, json=fields, trust_env=False)


def test_arguments_are_checked() -> None:
    ended = subprocess.run([*MODULE, "--speed", "-1"], cwd=ROOT, text=True, capture_output=True, check=False)
    assert ended.returncode == 2
    assert "must be a number from 0 on" in ended.stderr


def test_the_management_command_is_the_same() -> None:
    with running(*COMMAND, "--scenario", "busy", "--api-key", "sk-test") as (process, address):
        response = httpx.post(f"{address}/chat/completions", headers=KEY, json=body(), trust_env=False)
        assert response.status_code == 503
        process.terminate()
        assert process.wait(5) == 0


def test_the_documentation_names_every_scenario() -> None:
    documentation = (ROOT / "docs" / "simulator.md").read_text()
    assert [name for name in SCENARIOS if f"`{name}`" not in documentation] == []


def test_it_stands_alone() -> None:
    """Neither Django nor anything of the site is loaded with it."""
    code = "import sys, conversations.simulator.__main__; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], cwd=ROOT, text=True, capture_output=True, check=True)
    names = {name for name in loaded.stdout.split() if name.startswith(("django", "chatsite", "conversations."))}
    assert {name for name in names if not name.startswith("conversations.simulator")} == set()
