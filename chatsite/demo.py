"""Demo mode: with no key, the simulator answers, as a process of its own that ends with this one."""

from __future__ import annotations

import atexit
import socket
import subprocess
import sys
from contextlib import suppress

from chatsite.environment import BASE_DIR


class Demo:
    """The simulator's process."""

    def __init__(self) -> None:
        """Start it on a free port of this machine."""
        self.url = f"http://127.0.0.1:{_free_port()}"
        command = [sys.executable, "-m", "conversations.simulator", "--port", self.url.rsplit(":", 1)[1]]
        # A pipe as standard input: it ends when this process does, however that dies.
        self._process = subprocess.Popen(  # noqa: S603 - our own module
            [*command, "--exit-with-parent"], cwd=BASE_DIR, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        atexit.register(self.close)

    def wait(self) -> None:
        """Return once it listens. Raises RuntimeError when it ended instead."""
        assert self._process.stdout is not None  # noqa: S101 - it was asked for above
        if not self._process.stdout.readline().startswith("listening"):
            raise RuntimeError("the simulator did not start")

    def close(self) -> None:
        """End it."""
        with suppress(OSError):
            self._process.terminate()
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(timeout=5)
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with suppress(OSError):
                    pipe.close()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
