"""Which of the numbered messages of other processes came. Pure.

A channel layer drops messages when a channel is full, and Redis may forget everything at any time; each process numbers
those that hold its notices and tells the last number regularly. One that dies cannot tell what it had still to say.
"""

from __future__ import annotations

_LATE = 1.0
"""Seconds that a message may come after a higher number was told: sends overtake each other."""
_SILENT = 12.0
"""Seconds without a word, after which a process that did not take its leave has died, and something with it perhaps:
more than two of the intervals in which each tells its number."""
_GONE = 120.0
"""Seconds of silence after which a process is forgotten."""


class _Origin:
    __slots__ = ("heard_at", "highest", "missing_since", "speaks")

    def __init__(self, number: int, now: float) -> None:
        self.highest = number
        self.heard_at = now
        self.missing_since: dict[int, float] = {}
        self.speaks = True


class Tally:
    """Of one process. Times are those of a monotonic clock, in seconds."""

    def __init__(self) -> None:
        self._origins: dict[str, _Origin] = {}

    def came(self, origin: str, number: int, now: float) -> None:
        """A notice came. What a process said before it was first heard of is not missed."""
        known = self._told(origin, number, now)
        known.missing_since.pop(number, None)

    def told(self, origin: str, number: int, now: float, *, leaves: bool = False) -> None:
        """A process said that this was its last number; if it `leaves`, the last one ever."""
        self._told(origin, number, now).speaks = not leaves

    def misses(self, now: float) -> bool:
        """Whether a notice is lost, as far as that is known by now. Each loss is told once."""
        lost = False
        for origin, known in tuple(self._origins.items()):
            late = [number for number, since in known.missing_since.items() if now - since >= _LATE]
            for number in late:
                del known.missing_since[number]
            silent = known.speaks and now - known.heard_at >= _SILENT
            known.speaks = known.speaks and not silent
            lost = lost or bool(late) or silent
            if now - known.heard_at > _GONE:
                del self._origins[origin]
        return lost

    def _told(self, origin: str, number: int, now: float) -> _Origin:
        known = self._origins.get(origin)
        if known is None:
            known = self._origins[origin] = _Origin(number, now)
        known.heard_at, known.speaks = now, True
        if number > known.highest:
            # However many are missing, the first of them says enough.
            for missing in range(known.highest + 1, min(number, known.highest + 100) + 1):
                known.missing_since[missing] = now
            known.highest = number
        return known
