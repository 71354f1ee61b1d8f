"""The lock of an installation that is being made ready: one process at a time makes secrets, tables and static files.

Two first starts at once would otherwise each make a history key; what was encrypted with the one that loses could never
be read again.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from chatsite.preflight import Obstacle

NAME = "start.lock"


@contextmanager
def alone(folder: Path, waits: Callable[[], None]) -> Iterator[None]:
    """Hold the lock of the data folder `folder`, which is made when it is not there; `waits` is called when another
    process holds it. A folder that was made for nothing, since an `Obstacle` came, is removed again.
    """
    descriptor, made = _acquire(folder, waits)
    try:
        yield
    except Obstacle:
        _remove(folder, made)
        raise
    finally:
        os.close(descriptor)


def _acquire(folder: Path, waits: Callable[[], None]) -> tuple[int, list[Path]]:
    """The locked file's descriptor, and the folders that were made for it, innermost first."""
    while True:
        made = [each for each in (folder, *folder.parents) if not each.exists()]
        try:
            # 0700: not for the eyes of others on this machine.
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            descriptor = os.open(folder / NAME, os.O_RDWR | os.O_CREAT, 0o600)
        except FileNotFoundError:
            # Whoever made the folder has just removed it.
            continue
        except OSError as error:
            raise Obstacle(f"The data folder {folder} is not writable ({error.strerror}).") from None
        _lock(descriptor, folder, waits)
        if _is_still(folder / NAME, descriptor):
            return descriptor, made
        os.close(descriptor)


def _lock(descriptor: int, folder: Path, waits: Callable[[], None]) -> None:
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            waits()
            fcntl.flock(descriptor, fcntl.LOCK_EX)
    except OSError as error:
        os.close(descriptor)
        raise Obstacle(
            f"The file system of {folder} knows no locks ({error.strerror}). Set DATA_DIR to a folder on another one."
        ) from None


def _is_still(path: Path, descriptor: int) -> bool:
    """Whether the locked file is the one at `path`: its last holder may have removed it."""
    try:
        return os.path.samestat(os.stat(path), os.fstat(descriptor))
    except FileNotFoundError:
        return False


def _remove(folder: Path, made: list[Path]) -> None:
    if folder not in made or any(entry.name != NAME for entry in folder.iterdir()):
        return
    (folder / NAME).unlink()
    with suppress(OSError):  # somebody else has begun to use one of them
        for each in made:
            each.rmdir()
