"""Programs that measurements start: upstreams, whose work is not to be counted, and probes of the site itself."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import uvloop

from tests.live.prepared import ROOT

MAKES_KEYSET = "conversations.history.site_keyset"
"""The module that prints a new keyset."""


def serve(connection: type[asyncio.Protocol]) -> None:
    """Print a port and answer there until standard input is closed."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(connection))


async def _serve(connection: type[asyncio.Protocol]) -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(connection, "127.0.0.1", 0, backlog=2000)
    print(server.sockets[0].getsockname()[1], flush=True)
    await loop.run_in_executor(None, sys.stdin.read)


@contextmanager
def running(module: str, *arguments: str) -> Iterator[tuple[int, int]]:
    """Port and process id of a module that prints its port and ends with its standard input."""
    command = [sys.executable, "-m", module, *arguments]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield int(process.stdout.readline()), process.pid


def last_line(environment: Mapping[str, str], *arguments: str) -> str:
    """The last line that a program of its own prints, run by this Python in the project's folder."""
    done = subprocess.run(
        [sys.executable, *arguments], cwd=ROOT, env=environment, check=True, stdout=subprocess.PIPE, text=True
    )
    return (done.stdout.splitlines() or [""])[-1]
