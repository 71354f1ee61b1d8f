"""Whether a process can still be sure of what it owns. Pure.

One that was paused (SIGSTOP, a suspended machine, a long garbage collection) does not notice that its leases ran out
meanwhile; others may have taken over. Until it has asked the database, it must send nothing. A database that is away
raises no doubt: then nobody can take over either.
"""

from __future__ import annotations

import time
from collections.abc import Callable


class Pulse:
    """Beats as long as the process runs. To be asked before each frame, and regularly besides."""

    __slots__ = ("_clock", "_doubted_at", "_longest", "_seen_at")

    def __init__(self, longest: float, *, clock: Callable[[], float] = time.monotonic) -> None:
        """`longest`: seconds between two beats that no lease can run out in."""
        self._longest = longest
        self._clock = clock
        self.restart()

    def restart(self) -> None:
        """Nothing was owned until now."""
        self._seen_at = self._clock()
        self._doubted_at: float | None = None

    def is_sure(self) -> bool:
        """Beat. False from a pause on until `confirm`."""
        now = self._clock()
        if now - self._seen_at > self._longest:
            self._doubted_at = now
        self._seen_at = now
        return self._doubted_at is None

    def confirm(self, began: float) -> bool:
        """What is still owned is known by a look at the database that began at `began`. Whether that ended a doubt."""
        if self._doubted_at is None or began < self._doubted_at:
            return False
        self._doubted_at = None
        return True
