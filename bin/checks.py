"""What `bin/test` runs: every check of the project, one after the other, all of them also when one fails.

Standard library only, so that `--help` works before anything is set up.
"""

from __future__ import annotations

import argparse
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import set_up

_TOOLS = set_up.VENV / "bin"
_CHROMIUMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_SOME_FAILED = 1
"""pytest's exit status when tests failed."""
_NOTHING_SELECTED = 5
"""pytest's exit status when ARGS select none of the tests."""

_THE_FAILED = ("--last-failed", "--last-failed-no-failures=none")
"""pytest's arguments for what failed in the run before."""

_WITHOUT_DATABASE = ("tests/deepseek", "tests/reducer", "tests/setup", "tests/simulator")
"""Folders of tests that use no database, or that of an installation of their own."""

_SETTINGS_FOR_TYPES = {"DATA_DIR": "var", "SECRET_KEY": "types", "HISTORY_KEYSET": "types"}
"""mypy's plugin reads Django's settings, and these want secrets; it keeps none of them."""


@dataclass(frozen=True)
class Check:
    """One command. `environment` is added to ours; `again` to the command, to try once more what failed, if that may
    have been the machine's fault.
    """

    name: str
    command: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)
    again: Sequence[str] = ()

    def run(self) -> int:
        """Run it in the checkout's folder with its output shown. Returns the exit status."""
        print(f"\n=== {self.name}", flush=True)
        status = self._run(self.command)
        if status == _SOME_FAILED and self.again:
            print(f"\n=== {self.name}: those that failed, once more", flush=True)
            status = self._run([*self.command, *self.again])
        return status

    def _run(self, command: Sequence[str]) -> int:
        environment = {**os.environ, **self.environment}
        return subprocess.run(command, cwd=set_up.ROOT, env=environment, check=False).returncode


def main(arguments: Sequence[str]) -> int:
    """Run the checks that `arguments` ask for. Returns the exit status."""
    options, pytest_arguments = _parse(arguments)
    missing = [name for name in ("DATABASE_URL", "REDIS_URL") if not _answers(os.environ.get(name, ""))]
    if missing:
        print(f"bin/test: nothing answers at the address in {' and '.join(missing)}", file=sys.stderr)
        return 1
    began = time.monotonic()
    tests = [_python_tests(pytest_arguments, is_measured=options.coverage)]
    if options.coverage:
        tests.append(Check("coverage floor", [sys.executable, "-m", "coverage", "report", "--format=total"]))
    if not options.quick and not options.python:
        tests.append(_browser_tests(pytest_arguments))
    statuses = {check.name: check.run() for check in ([] if options.python else _static_checks())}
    test_statuses = {check.name: check.run() for check in tests}
    if pytest_arguments and set(test_statuses.values()) != {_NOTHING_SELECTED}:
        test_statuses = {name: 0 if status == _NOTHING_SELECTED else status for name, status in test_statuses.items()}
    return _summarise(statuses | test_statuses, options, time.monotonic() - began)


def _parse(arguments: Sequence[str]) -> tuple[argparse.Namespace, list[str]]:
    parser = argparse.ArgumentParser(
        prog="bin/test",
        usage="bin/test [--quick | --python] [--coverage] [ARGS]",
        description="Check style, types, imports, the page's scripts, the Python code and the page in a browser.",
        epilog="Other arguments go to pytest, such as a path or -k NAME. "
        "With DATABASE_URL (PostgreSQL) and REDIS_URL set, the Python tests run there.",
        allow_abbrev=False,
    )
    parser.add_argument("--quick", action="store_true", help="leave out the browser")
    parser.add_argument("--python", action="store_true", help="the Python tests only")
    parser.add_argument("--coverage", action="store_true", help="hold the coverage floor; takes about twice as long")
    options, pytest_arguments = parser.parse_known_args(arguments)
    if options.coverage and (pytest_arguments or _is_on_servers()):
        parser.error("the coverage floor is of all Python tests, on the embedded defaults")
    return options, pytest_arguments


def _static_checks() -> list[Check]:
    node = set_up.find_node()
    if node is None:
        raise SystemExit("bin/test: there is no Node; bin/setup --dev installs one")
    return [
        Check("style (ruff)", [f"{_TOOLS}/ruff", "check", "."]),
        Check("format (ruff)", [f"{_TOOLS}/ruff", "format", "--check", "."]),
        Check("types (mypy)", [f"{_TOOLS}/mypy"], _SETTINGS_FOR_TYPES),
        Check("imports (import-linter)", [f"{_TOOLS}/lint-imports"]),
        Check("types of the page's scripts (tsc)", [*node.npm, "run", "--silent", "typecheck"], node.environment),
        Check("units of the page's scripts (node)", [*node.npm, "run", "--silent", "test"], node.environment),
    ]


def _python_tests(arguments: Sequence[str], *, is_measured: bool) -> Check:
    """In a few processes at once: many wait for clocks, sockets and servers. All of them, but on PostgreSQL and Redis
    only those that use a database.

    One that fails in this crowd is tried once more by itself.
    """
    command = [sys.executable, "-m", "pytest", "-m", "not browser"]
    if arguments:
        return Check("Python tests", [*command, *arguments])
    command += ["--numprocesses", str(_processes())]
    if _is_on_servers():
        command += [f"--ignore={folder}" for folder in _WITHOUT_DATABASE]
    if is_measured:
        command += ["--cov", "--cov-report=", "--cov-fail-under=0"]
    return Check("Python tests", command, again=[*_THE_FAILED, "--numprocesses", "0", "--no-cov"])


def _processes() -> int:
    """As many as there are cores and one more, that something runs while others wait; Redis has room for 8."""
    return min((os.cpu_count() or 1) + 1, 8)


def _browser_tests(arguments: Sequence[str]) -> Check:
    """A run of their own: Playwright's event loop and those of asynchronous tests exclude each other.

    One that fails is tried once more: browser, server and simulator share the machine, which stalls now and then.
    """
    command = [sys.executable, "-m", "pytest", "-m", "browser", "--screenshot", "only-on-failure", *arguments]
    environment = {"CHROMIUM": _find_chromium() or _install_chromium()}
    return Check("browser tests", command, environment, again=_THE_FAILED)


def _find_chromium() -> str:
    """The path of a Chromium or Chrome on this machine; empty without one."""
    names = [os.environ["CHROMIUM"]] if os.environ.get("CHROMIUM") else _CHROMIUMS
    return next((path for name in names if (path := shutil.which(name))), "")


def _install_chromium() -> str:
    """By the system's packages where we may, else Playwright's own, whose path Playwright knows (empty)."""
    print("bin/test: installing Chromium", flush=True)
    is_root = os.geteuid() == 0
    if is_root and shutil.which("apt-get"):
        environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        for command in (["update"], ["install", "--yes", "--no-install-recommends", "chromium", "fonts-dejavu-core"]):
            subprocess.run(["apt-get", "-qq", *command], env=environment, stdout=subprocess.DEVNULL, check=False)
        if path := _find_chromium():
            return path
    more = ["--with-deps"] if is_root else []
    subprocess.run([sys.executable, "-m", "playwright", "install", *more, "chromium"], check=False)
    return ""


def _is_on_servers() -> bool:
    return bool(os.environ.get("DATABASE_URL") and os.environ.get("REDIS_URL"))


def _answers(url: str) -> bool:
    """Whether something listens at the host and port of `url`; also true without one (then the defaults are used)."""
    parts = urlsplit(url)
    if parts.hostname is None:
        return True
    try:
        socket.create_connection((parts.hostname, parts.port or {"redis": 6379}.get(parts.scheme, 5432)), 5).close()
    except OSError:
        return False
    return True


def _summarise(statuses: Mapping[str, int], options: argparse.Namespace, seconds: float) -> int:
    """Say what passed, failed and was left out. Returns the exit status."""
    failed = [name for name, status in statuses.items() if status != 0]
    left_out = []
    if options.python:
        left_out.append("all but the Python tests (--python)")
    elif options.quick:
        left_out.append("the browser (--quick)")
    if _is_on_servers():
        left_out.append("Python tests without a database")
    else:
        left_out.append("PostgreSQL and Redis (set DATABASE_URL and REDIS_URL)")
    print()
    if left_out:
        print(f"bin/test: left out: {'; '.join(left_out)}")
    if failed:
        print(f"bin/test: FAILED: {', '.join(failed)} ({len(failed)} of {len(statuses)}, {seconds:.0f} s)")
        return 1
    print(f"bin/test: passed: {', '.join(statuses)} ({seconds:.0f} s)")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
