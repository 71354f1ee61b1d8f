"""The processes that share a run of the tests (pytest-xdist's workers), and their databases in Redis.

pytest-django gives each a database of its own in PostgreSQL; Redis has sixteen by number.
"""

from __future__ import annotations

import os
from urllib.parse import urlsplit

MOST = 8
"""Each takes one database of Redis for itself and one for the servers that its tests start."""

_number = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))


def own_redis(url: str) -> str:
    """The database of this process at the server of `url`."""
    return _numbered(url, _number)


def servers_redis(url: str) -> str:
    """The database of the servers that this process starts."""
    return _numbered(url, MOST + _number)


def _numbered(url: str, number: int) -> str:
    return urlsplit(url)._replace(path=f"/{number}").geturl()
