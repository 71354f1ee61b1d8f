"""How many calls may run at once: a limit that follows what the upstream bears. Pure, with the caller's clock.

The upstream tells its limit by refusing (429) and by nothing else; it falls with the account's balance, and other
processes share it. So the limit here falls by a share when the upstream refuses, and grows back by a fixed amount a
second (additive increase, multiplicative decrease, as in TCP).
"""

from __future__ import annotations

from collections.abc import Callable

SHRINK_TO = 0.7  # of what was running when the upstream refused
GROWTH = 1.0  # calls a second


class AdaptiveLimit:
    """From 1 to `most`. `clock` gives seconds and only goes forward.

    Calls carry the `era` in which they began. A refusal counts only against calls of the present era: of a hundred
    calls that are refused together, the first one shrinks the limit and the others are old news.
    """

    __slots__ = ("_clock", "_grown_at", "_size", "era", "most")

    def __init__(self, most: int, clock: Callable[[], float]) -> None:
        self.most = most
        self.era = 0
        self._clock = clock
        self._size = float(most)
        self._grown_at = clock()

    def now(self) -> int:
        """The limit at this moment."""
        if self._size < self.most:
            now = self._clock()
            self._size = min(float(self.most), self._size + (now - self._grown_at) * GROWTH)
            self._grown_at = now
        return int(self._size)

    def refused(self, era: int, running: int) -> None:
        """The upstream refused a call that began in `era`, one of `running`, as one too many."""
        if era != self.era:
            return
        self._size = max(1.0, min(self.now(), running) * SHRINK_TO)
        self._grown_at = self._clock()
        self.era += 1
