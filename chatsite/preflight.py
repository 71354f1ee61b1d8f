"""Checks that come before any change, with the standard library only: `bin/serve` runs them by the system's Python
before it sets up anything. `python -m chatsite.preflight`.
"""

from __future__ import annotations

import os
import socket
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from chatsite.environment import BASE_DIR, EnvironmentMistake, listening


class Obstacle(Exception):
    """The server cannot start. The text says why and what to do, in one line."""


def main() -> int:
    """Check what can be checked now. Returns the exit status."""
    try:
        check(os.environ)
    except Obstacle as obstacle:
        print(f"chatsite: {obstacle}", file=sys.stderr)  # noqa: T201 - the operator's terminal
        return 1
    return 0


def check(environ: Mapping[str, str]) -> None:
    """Raises `Obstacle` when the port is taken or the data folder cannot be written. Leaves nothing behind."""
    try:
        check_port(*listening(environ))
    except EnvironmentMistake as mistake:
        raise Obstacle(str(mistake)) from None
    check_data_dir(data_dir(environ))


def data_dir(environ: Mapping[str, str]) -> Path:
    """Where the installation's data are, absolute; a relative `DATA_DIR` starts at the checkout."""
    return (BASE_DIR / (environ.get("DATA_DIR", "").strip() or "var")).resolve()


def check_port(host: str, port: int) -> None:
    """Raises `Obstacle` when nothing can listen on `host`:`port`."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host, port))
    except OSError as error:
        raise Obstacle(
            f"Cannot listen on {host}:{port} ({error.strerror}). Stop what uses it, or start with another PORT."
        ) from None


def check_data_dir(folder: Path) -> None:
    """Raises `Obstacle` unless files can be made in `folder`, or `folder` itself can be made."""
    nearest = folder
    try:
        while not nearest.exists():
            nearest = nearest.parent
        # Really making something: permissions do not tell of read-only or virtual file systems, nor bind root.
        with tempfile.TemporaryDirectory(prefix=".chatsite-probe-", dir=nearest):
            pass
    except OSError as error:
        raise Obstacle(
            f"The data folder {folder} is not writable ({error.strerror}). Set DATA_DIR to one that is."
        ) from None


if __name__ == "__main__":
    sys.exit(main())
