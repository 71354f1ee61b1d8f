"""Database work off the event loop, in a bounded pool of threads of its own.

asgiref's `sync_to_async` puts all of a process's ORM work on one thread, shared with every HTTP view; the chat gets a
pool of its own. SQLite has one writer, and one thread for writes is faster than many; PostgreSQL gets
`DATABASE_THREADS`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache, partial
from typing import Any, ParamSpec, TypeVar

from django.conf import settings
from django.db import OperationalError, close_old_connections, connection

_DEADLOCKS = ("40P01", "40001")
"""PostgreSQL's codes for a deadlock and for a serialization failure."""
_MOST_DEADLOCKS = 3

_begun: set[Future[Any]] = set()
"""Work that has not come to its end."""

P = ParamSpec("P")
R = TypeVar("R")


async def run(function: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> R:
    """The result of `function(*args, **kwargs)`, run on a database thread. Exceptions pass through.

    `function` is one transaction: after a deadlock it is run again. A cancelled caller does not stop the work: a
    transaction that has begun is brought to its end.
    """
    begun = _executor().submit(_job, partial(function, *args, **kwargs))
    _begun.add(begun)
    begun.add_done_callback(_begun.discard)
    return await asyncio.wrap_future(begun)


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


def _job(function: Callable[[], R]) -> R:
    if connection.vendor == "sqlite":
        return function()
    for _ in range(_MOST_DEADLOCKS):
        try:
            return _lent(function)
        except OperationalError as error:
            # PostgreSQL has rolled the whole transaction back, as nothing else would; it can be done again.
            if getattr(error.__cause__, "sqlstate", None) not in _DEADLOCKS:
                raise
    return _lent(function)


def _lent(function: Callable[[], R]) -> R:
    # psycopg's pool counts a connection as used for as long as a thread holds it: hand it back after each job.
    try:
        return function()
    finally:
        if not connection.in_atomic_block:
            close_old_connections()
