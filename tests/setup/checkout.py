"""A small checkout: the real scripts of `bin/` with lock files that name nothing, so that setting it up takes seconds
and no network. `with_site` puts the site and the packages of the running tests in, so that it can also serve.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sysconfig
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType

import httpx

from tests.live.prepared import ROOT
from tests.live.server import free_port

PATIENCE = 60.0
_MEASURING = ("COVERAGE_PROCESS_CONFIG", "COVERAGE_PROCESS_START")


class Checkout:
    """A folder with `bin/` and lock files."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        shutil.copytree(ROOT / "bin", folder / "bin", ignore=shutil.ignore_patterns("__pycache__"))
        for name in ("requirements.txt", "requirements-dev.txt", "requirements-node.txt"):
            (folder / name).touch()
        package = {"name": "small", "version": "1.0.0", "engines": {"node": ">=18"}}
        (folder / "package.json").write_text(json.dumps(package))
        locked = package | {"lockfileVersion": 3, "packages": {"": package}}
        (folder / "package-lock.json").write_text(json.dumps(locked))

    @property
    def venv(self) -> Path:
        return self.folder / ".venv"

    def with_site(self) -> None:
        """After a set-up: link the site's code, and let the environment find the packages of this one."""
        for name in ("chatsite", "conversations", "manage.py"):
            (self.folder / name).symlink_to(ROOT / name)
        (packages,) = self.venv.glob("lib/python*/site-packages")
        (packages / "tests.pth").write_text(f"import site; site.addsitedir({sysconfig.get_path('purelib')!r})\n")

    def start(
        self, script: str, *arguments: str, environment: Mapping[str, str] = MappingProxyType({}), measured: bool = True
    ) -> subprocess.Popen[str]:
        """Start a script of `bin/` as from a terminal of its own, with nothing of the tests' settings."""
        kept = ("PATH", "HOME", "LANG", *(_MEASURING if measured else ()))
        return subprocess.Popen(
            [self.folder / "bin" / script, *arguments],
            cwd=self.folder.parent,
            env={name: os.environ[name] for name in kept if name in os.environ} | dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            process_group=0,
        )

    def run(self, script: str, *arguments: str, **environment: str) -> Finished:
        """Run a script of `bin/` to its end."""
        return finish(self.start(script, *arguments, environment=environment))


class Finished:
    """What a script said, and its exit status."""

    def __init__(self, status: int, out: str, err: str) -> None:
        self.status, self.out, self.err = status, out, err

    @property
    def steps(self) -> list[str]:
        """The lines in which it told what it did."""
        return [line.removeprefix("chatsite: ") for line in self.out.splitlines()]


def finish(process: subprocess.Popen[str]) -> Finished:
    try:
        out, err = process.communicate(timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        raise
    return Finished(process.returncode, out, err)


class Served:
    """`bin/serve`, from `with` on, on a free port; what it started is ended in any case."""

    def __init__(self, checkout: Checkout, data_dir: Path, *, measured: bool = True, **environment: str) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        settings = {"PORT": str(self.port), "DATA_DIR": str(data_dir)} | environment
        self.process = checkout.start("serve", environment=settings, measured=measured)

    def __enter__(self) -> Served:
        wait_until(self.answers)
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.terminate()
        finish(self.process)

    def answers(self) -> bool:
        assert self.process.poll() is None, finish(self.process).err
        try:
            return httpx.get(self.url, follow_redirects=True, timeout=5).status_code == 200
        except httpx.TransportError:
            return False

    def children(self) -> list[int]:
        """Processes that the server started."""
        return [int(child) for child in _of_process(self.process.pid, f"task/{self.process.pid}/children").split()]

    def resident_megabytes(self) -> float:
        (line,) = (line for line in _of_process(self.process.pid, "status").splitlines() if line.startswith("VmRSS:"))
        return int(line.split()[1]) / 1024

    def press_ctrl_c(self) -> Finished:
        """As a terminal does: SIGINT to all of its group."""
        os.killpg(self.process.pid, signal.SIGINT)
        return finish(self.process)


def is_alive(pid: int) -> bool:
    """Whether a process runs (one that ended and that nobody asked after does not)."""
    try:
        return ") Z " not in _of_process(pid, "stat")
    except FileNotFoundError:
        return False


def wait_until(condition: Callable[[], bool], patience: float = PATIENCE) -> None:
    deadline = time.monotonic() + patience
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)


def contents(folder: Path) -> dict[str, bytes]:
    """Every file below `folder` with its content; SQLite's scratch files apart, which a mere look at it makes."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.name.endswith(("-shm", "-wal"))
    }


def _of_process(pid: int, name: str) -> str:
    return Path(f"/proc/{pid}/{name}").read_text()
