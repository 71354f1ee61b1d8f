"""The clocks of a call. Pure: times are seconds on any clock that only goes forward."""

from __future__ import annotations

from dataclasses import dataclass

from conversations.deepseek.errors import FirstTokenTimeout, Stalled


@dataclass(frozen=True, slots=True)
class Clocks:
    """Seconds; there is no limit on the whole.

    `connect`: until a connection stands. `idle`: without any byte, comments included (the official client waits 300).
    `first_token`: until the first piece of the answer, comments do not count (the server gives up after 600).
    `progress`: between two pieces of the answer, comments do not count.
    """

    connect: float = 10.0
    idle: float = 300.0
    first_token: float = 620.0
    progress: float = 300.0


class Deadlines:
    """When a call that started at `now` has to be given up.

    The reader says when it begins to wait (`wait`) and when something came (`arrived`, `saw_token`). Between an arrival
    and the next wait it is busy with something else, and none of the clocks runs.
    """

    __slots__ = ("_arrived_at", "_clocks", "_idle_end", "_started", "_token_at", "_token_end")

    def __init__(self, clocks: Clocks, now: float) -> None:
        self._clocks = clocks
        self._arrived_at = now
        self._token_at = now  # the start of the call stands for a token before the first one
        self._started = False  # the first token has come
        self._idle_end = self._token_end = now

    def wait(self, now: float) -> float:
        """The moment at which the first of the clocks runs out."""
        self._token_at += now - self._arrived_at
        self._idle_end = now + self._clocks.idle
        self._token_end = self._token_at + (self._clocks.progress if self._started else self._clocks.first_token)
        return min(self._idle_end, self._token_end)

    def arrived(self, now: float) -> None:
        """Bytes came."""
        self._arrived_at = now

    def saw_token(self) -> None:
        """What arrived last held some of the answer."""
        self._token_at = self._arrived_at
        self._started = True

    def verdict(self) -> Stalled:
        """Which clock ran out in the last wait, as the error it means."""
        if self._idle_end <= self._token_end:
            return Stalled(f"clock=idle seconds={self._clocks.idle:g}")
        if not self._started:
            return FirstTokenTimeout(f"clock=first_token seconds={self._clocks.first_token:g}")
        return Stalled(f"clock=progress seconds={self._clocks.progress:g}")
