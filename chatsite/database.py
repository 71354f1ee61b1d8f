"""Database work off the event loop, in a bounded pool of threads of its own.

asgiref's `sync_to_async` puts all of a process's ORM work on one thread, shared with every HTTP view; the chat gets a
pool of its own. SQLite has one writer, and one thread for writes is faster than many; PostgreSQL gets
`DATABASE_THREADS`.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache, partial
from typing import Any, ParamSpec, TypeVar

from django.conf import settings
from django.db import Error, InterfaceError, OperationalError, close_old_connections, connection
from django.utils import translation

_DEADLOCKS = ("40P01", "40001")
"""PostgreSQL's codes for a deadlock and for a serialization failure."""
_MOST_REPETITIONS = 3
_RENEW_EVERY = 1.0
"""Seconds: when all connections of a pool are found dead at once, they are replaced once."""
_renewed_at = -_RENEW_EVERY
_renewing = threading.Lock()

_begun: set[Future[Any]] = set()
"""Work that has not come to its end."""

P = ParamSpec("P")
R = TypeVar("R")


async def run(function: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> R:
    """The result of `function(*args, **kwargs)`, run on a database thread. Exceptions pass through.

    It speaks the caller's language, that of the person whom it is done for.
    `function` is one transaction: after a deadlock, or when its connection was lost, it is run again; should the first
    run have been committed and only the answer lost, it must do no harm to do it twice. A cancelled caller does not
    stop the work: what was asked for is brought to its end.
    """
    begun = _executor().submit(_job, partial(function, *args, **kwargs), translation.get_language())
    _begun.add(begun)
    begun.add_done_callback(_begun.discard)
    # Shielded: the cancellation would also take it out of the queue.
    return await asyncio.shield(asyncio.wrap_future(begun))


@dataclass(frozen=True, slots=True)
class Connections:
    """To PostgreSQL, in the pool: lent, at hand, and how many threads wait for one."""

    used: int
    idle: int
    waiting: int


@dataclass(frozen=True, slots=True)
class Load:
    """`busy` of `threads` work and `waiting` pieces of work have no thread yet. SQLite has no `connections`."""

    threads: int
    busy: int
    waiting: int
    connections: Connections | None


def load() -> Load:
    """What there is to do at this moment, without asking the database."""
    threads, begun = _threads(), len(_begun)
    busy = min(threads, begun)
    return Load(threads=threads, busy=busy, waiting=begun - busy, connections=_connections())


def _connections() -> Connections | None:
    pool = getattr(connection, "pool", None)
    if pool is None:
        return None
    stats = pool.get_stats()
    size, idle = stats.get("pool_size", 0), stats.get("pool_available", 0)
    return Connections(used=size - idle, idle=idle, waiting=stats.get("requests_waiting", 0))


async def settle() -> None:
    """Return once all work that was begun has come to its end, that of cancelled callers too."""
    while begun := tuple(_begun):
        await asyncio.gather(*map(asyncio.wrap_future, begun), return_exceptions=True)


@cache
def _executor() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(_threads(), thread_name_prefix="database")


def _threads() -> int:
    return 1 if connection.vendor == "sqlite" else int(settings.ENVIRONMENT.database_threads)


def _job(function: Callable[[], R], language: str | None) -> R:
    if language is not None:
        translation.activate(language)
    if connection.vendor == "sqlite":
        return function()
    for _ in range(_MOST_REPETITIONS):
        try:
            return _lent(function)
        except _Undone:
            continue
    try:
        return _lent(function)
    except _Undone as undone:
        raise undone.error from undone.error.__cause__


class _Undone(Exception):
    """A transaction was rolled back as a whole and can be done again."""

    def __init__(self, error: Error) -> None:
        super().__init__()
        self.error = error


def _lent(function: Callable[[], R]) -> R:
    # psycopg's pool counts a connection as used for as long as a thread holds it: hand it back after each job.
    try:
        return function()
    except (OperationalError, InterfaceError) as error:
        if getattr(error.__cause__, "sqlstate", None) in _DEADLOCKS or _lost_its_connection(error):
            raise _Undone(error) from error
        raise
    finally:
        if not connection.in_atomic_block:
            close_old_connections()


def _lost_its_connection(error: Error) -> bool:
    """Whether the server ended the connection, as it does with all of them when it restarts; then those that wait in
    the pool are made anew before the next job gets one of them.
    """
    from psycopg_pool import PoolTimeout

    lost = connection.connection is None or connection.connection.closed
    if connection.in_atomic_block or not lost or isinstance(error.__cause__, PoolTimeout):
        return False
    connection.close()
    _renew_pool(time.monotonic())
    return True


def _renew_pool(now: float) -> None:
    global _renewed_at
    with _renewing:
        if now - _renewed_at < _RENEW_EVERY:
            return
        _renewed_at = now
    pool = getattr(connection, "pool", None)
    if pool is not None:
        pool.drain()
