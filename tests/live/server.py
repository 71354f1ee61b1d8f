"""The real server as a process of its own, in a fresh installation.

With `DATABASE_URL` (PostgreSQL) in the environment of the tests each installation gets a database of its own there, and
with `REDIS_URL` a database number of its own; otherwise it is an embedded one.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import httpx
import psycopg

from tests import workers
from tests.live import prepared
from tests.live.prepared import OWN, ROOT
from tests.loop import LOOP_LIMIT, UNSEEN

_PATIENCE = 180.0


class LiveServer:
    """`python -m chatsite.server`, from `with` on. Restartable: the data stay."""

    def __init__(
        self,
        data_dir: Path,
        environment: Mapping[str, str],
        *,
        port: int = 0,
        loop_limit: float | None = LOOP_LIMIT,
        is_prepared: bool = True,
    ) -> None:
        """`loop_limit`: seconds for which nothing may hold up its loop; None for what operators have, unchecked.
        `is_prepared`: what a first start has to make is there before it (`tests.live.prepared`).
        """
        self._loop_limit = loop_limit
        self._is_prepared = is_prepared
        self.data_dir = data_dir
        self.port = port or free_port()
        self.environment = environment
        self.log = data_dir.parent / f"{data_dir.name}.{self.port}.log"
        self._process: subprocess.Popen[bytes] | None = None
        self._checked = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Start, and return once `/readyz` says yes. Raises AssertionError with the log when it ended instead."""
        self.spawn()
        self.wait_until_ready()

    def wait_until_ready(self) -> None:
        deadline = time.monotonic() + _PATIENCE
        while not self.is_ready():
            assert self.is_alive, self.log.read_text()
            assert time.monotonic() < deadline, self.log.read_text()
            time.sleep(0.05)

    @property
    def whole_environment(self) -> dict[str, str]:
        """Of its process, and of others that work at its installation."""
        inherited = {name: value for name, value in os.environ.items() if name not in OWN}
        own = {"DATA_DIR": str(self.data_dir), "PORT": str(self.port), "PYTHONUNBUFFERED": "1"}
        if self._loop_limit is not None:
            own["LOOP_LIMIT"] = str(self._loop_limit)
        return {**inherited, **own, **self.environment}

    def spawn(self) -> None:
        """Start, and do not wait for it."""
        environment = self.whole_environment
        if self._is_prepared:
            prepared.fill(self.data_dir, environment)
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "chatsite.server"],
                cwd=ROOT,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    @property
    def is_alive(self) -> bool:
        """Whether the process is there, paused ones included."""
        return self._process is not None and self._process.poll() is None

    def send(self, number: signal.Signals) -> None:
        """Send a signal, if it is there, and do not wait."""
        if self._process is not None:
            self._process.send_signal(number)

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Send a signal and wait for the end. Returns the exit status. Fails when something held up the event loop."""
        if self._process is None:
            return 0
        process, self._process = self._process, None
        if process.poll() is None:
            process.send_signal(number)
        status = process.wait(_PATIENCE)
        self.check_loop()
        return status

    def check_loop(self) -> None:
        """Fails when something held up the event loop since the start or the last check."""
        log = self.log.read_text() if self.log.exists() else ""
        fresh, self._checked = log[self._checked :], len(log)
        blocks = [line for line in fresh.splitlines() if "the event loop was held up" in line]
        seen = [line for line in blocks if UNSEEN not in line]
        assert not seen or self._loop_limit is None, "\n".join(seen)

    def kill(self) -> None:
        """As a crash would end it."""
        self.stop(signal.SIGKILL)

    def is_ready(self) -> bool:
        try:
            return httpx.get(f"{self.url}/readyz", timeout=5).status_code == 200
        except httpx.HTTPError:
            return False


@contextmanager
def installation(**environment: str) -> Iterator[dict[str, str]]:
    """The environment of a fresh installation: its database is made before and removed after."""
    url = os.environ.get("DATABASE_URL", "")
    if not url.startswith("postgres"):
        yield environment
        return
    name = f"chatsite_live_{uuid4().hex[:12]}"
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
    parts = urlsplit(url)
    redis = {"REDIS_URL": workers.servers_redis(os.environ["REDIS_URL"])} if os.environ.get("REDIS_URL") else {}
    try:
        yield {"DATABASE_URL": urlunsplit(parts._replace(path=f"/{name}")), **redis, **environment}
    finally:
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
