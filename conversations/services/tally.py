"""Which of the numbered notices of other processes came. Pure.

A channel layer drops messages when a channel is full, and Redis may forget everything at any time; each process numbers
its notices and tells the last number regularly.
"""

from __future__ import annotations

_LATE = 1.0
"""Seconds that a notice may come after one with a higher number: concurrent sends overtake each other."""
_GONE = 120.0
"""Seconds of silence after which a process is forgotten."""


class _Origin:
    __slots__ = ("heard_at", "highest", "missing_since")

    def __init__(self, number: int, now: float) -> None:
        self.highest = number
        self.heard_at = now
        self.missing_since: dict[int, float] = {}


class Tally:
    """Of one process. Times are those of a monotonic clock, in seconds."""

    def __init__(self) -> None:
        self._origins: dict[str, _Origin] = {}

    def came(self, origin: str, number: int, now: float) -> None:
        """A notice came. What a process said before it was first heard of is not missed."""
        known = self._told(origin, number, now)
        known.missing_since.pop(number, None)

    def told(self, origin: str, number: int, now: float) -> None:
        """A process said that this was its last number."""
        self._told(origin, number, now)

    def misses(self, now: float) -> bool:
        """Whether a notice is lost, as far as that is known by now. Each loss is told once."""
        lost = False
        for origin, known in tuple(self._origins.items()):
            late = [number for number, since in known.missing_since.items() if now - since >= _LATE]
            for number in late:
                del known.missing_since[number]
            lost = lost or bool(late)
            if now - known.heard_at > _GONE:
                del self._origins[origin]
        return lost

    def _told(self, origin: str, number: int, now: float) -> _Origin:
        known = self._origins.get(origin)
        if known is None:
            known = self._origins[origin] = _Origin(number, now)
        known.heard_at = now
        if number > known.highest:
            # However many are missing, the first of them says enough.
            for missing in range(known.highest + 1, min(number, known.highest + 100) + 1):
                known.missing_since[missing] = now
            known.highest = number
        return known
