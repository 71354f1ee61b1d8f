"""Connections that nobody reads for a while: what comes meanwhile waits in the operating system and is read in one go.

`docs/benchmarks.md` has what that saves. Encrypted connections cannot: what comes is read all the same and kept in the
cipher's layer, of which uvloop (0.23) throws away what it holds when the connection ends.
"""

from __future__ import annotations

import asyncio

_STEPS = 5
"""Rests end at multiples of a fifth of their length: those of a crowd end together, in one turn of the event loop."""


class Rests:
    """The rests under way."""

    def __init__(self) -> None:
        self._resting: dict[float, list[asyncio.Transport]] = {}

    def __len__(self) -> int:
        """How many ends of rests are ahead."""
        return len(self._resting)

    def begin(self, transport: asyncio.Transport, seconds: float) -> None:
        """Read nothing from an open, unencrypted connection for so long, give or take a tenth of it."""
        loop = asyncio.get_running_loop()
        step = seconds / _STEPS
        end = round((loop.time() + seconds) / step) * step
        together = self._resting.get(end)
        if together is None:
            together = self._resting[end] = []
            loop.call_at(end, self._end, end)
        transport.pause_reading()
        together.append(transport)

    def _end(self, end: float) -> None:
        for transport in self._resting.pop(end):
            if not transport.is_closing():
                transport.resume_reading()
