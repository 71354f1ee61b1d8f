"""Demo mode: with no key, the simulator answers, as a process of its own that ends with this one."""

from __future__ import annotations

import atexit
import subprocess
import sys
from contextlib import suppress

from chatsite.environment import BASE_DIR
from chatsite.preflight import Obstacle


class Demo:
    """The simulator's process."""

    def __init__(self) -> None:
        """Start it on a free port of this machine."""
        # A pipe as standard input: it ends when this process does, however that dies.
        self._process = subprocess.Popen(
            [sys.executable, "-m", "conversations.simulator", "--port", "0", "--exit-with-parent"],
            cwd=BASE_DIR,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            # Out of the terminal's group: Ctrl-C must not end it before the answers that it is giving.
            process_group=0,
        )
        atexit.register(self.close)

    def url(self) -> str:
        """Where it listens, once it does. Raises `Obstacle` when it ended instead."""
        assert self._process.stdout is not None  # noqa: S101 - it was asked for above
        said = self._process.stdout.readline().split()
        if said[:2] != ["listening", "on"]:
            raise Obstacle("The simulator did not start, see above. With DEEPSEEK_API_KEY set it is not needed.")
        return said[2]

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
