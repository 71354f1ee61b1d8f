"""How many files and sockets this process may have open: each answer under way and each open page takes one."""

from __future__ import annotations

import resource

_ENOUGH = 1_048_576
"""More than any load needs. Some containers allow a thousand times that, which makes libraries slow that go through
all numbers.
"""

_BESIDE = 500
"""Pages, database connections and files, at least."""


def allow(answers: int) -> list[str]:
    """Raise the soft limit to the hard one, which needs no rights. Returns what an operator should know, a line each.

    `answers`: how many may be under way at once.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = _ENOUGH if hard == resource.RLIM_INFINITY else min(hard, _ENOUGH)
    lines = []
    if soft != resource.RLIM_INFINITY and soft < most:
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
        except (OSError, ValueError):  # systems with a limit of their own below the hard one
            most = soft
        else:
            lines.append(f"{most:,} files and sockets may be open at once, instead of {soft:,}")
            soft = most
    if soft != resource.RLIM_INFINITY and soft < answers + _BESIDE:
        lines.append(
            f"note: only {soft:,} files and sockets may be open at once, and MAX_CONCURRENT_ANSWERS is {answers:,}. "
            "Raise the limit (LimitNOFILE in systemd, --ulimit nofile in Docker), or lower MAX_CONCURRENT_ANSWERS."
        )
    return lines
