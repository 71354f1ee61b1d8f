"""Reads files, each in a process of its own (`conversations.attachments.worker`), a few at a time."""

from __future__ import annotations

import logging
import subprocess
import sys
import threading
from pathlib import Path

import msgspec

from conversations.attachments.content import Content, Limits, Unreadable
from conversations.attachments.worker import Result

_ROOT = Path(__file__).resolve().parents[2]
_START = "import sys; sys.path.insert(0, sys.argv.pop()); from conversations.attachments import worker; worker.main()"
_MOST_ANSWER = 64 * 1024 * 1024
"""Bytes that a worker may say; the largest text and picture are well below."""

logger = logging.getLogger(__name__)


class Busy(Exception):
    """Too many files are being read; none was touched."""


class FileReader:
    """Safe to use from several threads. Blocks: use it off the event loop."""

    def __init__(self, *, at_once: int = 2, patience: float = 60, wait: float = 60) -> None:
        """`patience`: seconds that one file may take; `wait`: seconds to wait for a place."""
        self._places = threading.BoundedSemaphore(at_once)
        self._patience = patience
        self._wait = wait

    def read(self, data: bytes, limits: Limits) -> Content:
        """The content of a file. Raises `Unreadable`, `Busy`."""
        if not self._places.acquire(timeout=self._wait):
            raise Busy
        try:
            return self._read(data, limits)
        finally:
            self._places.release()

    def _read(self, data: bytes, limits: Limits) -> Content:
        answer = self._ask_worker(data, limits)
        try:
            result = msgspec.msgpack.decode(answer, type=Result)
        except msgspec.MsgspecError:
            # It was ended by a limit (or by a fault of a parser) before it could say anything.
            raise Unreadable("too_much_work") from None
        if result.content is None:
            raise Unreadable(result.fault or "damaged")
        return result.content

    def _ask_worker(self, data: bytes, limits: Limits) -> bytes:
        command = [sys.executable, "-I", "-B", "-c", _START, msgspec.json.encode(limits).decode(), str(_ROOT)]
        worker = subprocess.Popen(  # noqa: S603 - our own program
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env={}, cwd="/"
        )
        timer = threading.Timer(self._patience, worker.kill)
        timer.start()
        feeder = threading.Thread(target=_feed, args=(worker, data))
        feeder.start()
        assert worker.stdout is not None  # noqa: S101 - asked for above
        try:
            return worker.stdout.read(_MOST_ANSWER)
        finally:
            # Whoever says more than that, or goes on after its answer, is not ours any more.
            worker.kill()
            timer.cancel()
            feeder.join()
            worker.wait()
            worker.stdout.close()


def _feed(worker: subprocess.Popen[bytes], data: bytes) -> None:
    assert worker.stdin is not None  # noqa: S101 - asked for by `_ask_worker`
    try:
        with worker.stdin as pipe:
            pipe.write(data)
    except BrokenPipeError:
        logger.info("a file was not read to its end")
