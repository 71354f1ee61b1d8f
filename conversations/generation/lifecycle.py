"""The allowed transitions of a generation, as a table. Pure."""

from __future__ import annotations

from enum import StrEnum


class Status(StrEnum):
    """What a generation is in; the same values are stored and shown."""

    QUEUED = "queued"
    RUNNING = "running"
    COMPLETE = "complete"
    STOPPED = "stopped"
    INTERRUPTED = "interrupted"
    FAILED = "failed"


TRANSITIONS: dict[Status, frozenset[Status]] = {
    Status.QUEUED: frozenset({Status.RUNNING, Status.STOPPED, Status.INTERRUPTED, Status.FAILED}),
    # running to running: a takeover begins the next attempt.
    Status.RUNNING: frozenset({Status.RUNNING, Status.COMPLETE, Status.STOPPED, Status.INTERRUPTED, Status.FAILED}),
    # From an end to running: the person continues the answer, which is its next attempt.
    Status.COMPLETE: frozenset({Status.RUNNING}),
    Status.STOPPED: frozenset({Status.RUNNING}),
    Status.INTERRUPTED: frozenset({Status.RUNNING}),
    Status.FAILED: frozenset({Status.RUNNING}),
}

ENDS = frozenset({Status.COMPLETE, Status.STOPPED, Status.INTERRUPTED, Status.FAILED})


def sources(target: Status) -> frozenset[Status]:
    """From where `target` can be reached: the guard of a conditional UPDATE."""
    return frozenset(status for status, onward in TRANSITIONS.items() if target in onward)
