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
    """When a call that started at `now` has to be given up."""

    __slots__ = ("_bytes_at", "_clocks", "_opened_at", "_token_at")

    def __init__(self, clocks: Clocks, now: float) -> None:
        self._clocks = clocks
        self._opened_at = now
        self._bytes_at = now
        self._token_at: float | None = None

    def saw_bytes(self, now: float) -> None:
        self._bytes_at = now

    def saw_token(self, now: float) -> None:
        self._token_at = now

    def paused(self, seconds: float) -> None:
        """The reader was busy with something else: none of the clocks ran meanwhile."""
        self._opened_at += seconds
        self._bytes_at += seconds
        if self._token_at is not None:
            self._token_at += seconds

    def next(self) -> float:
        """The moment at which the first of the clocks runs out."""
        return min(self._bytes_at + self._clocks.idle, self._next_token())

    def verdict(self) -> Stalled:
        """Which clock runs out first, as the error it means."""
        if self._bytes_at + self._clocks.idle <= self._next_token():
            return Stalled(f"clock=idle seconds={self._clocks.idle:g}")
        if self._token_at is None:
            return FirstTokenTimeout(f"clock=first_token seconds={self._clocks.first_token:g}")
        return Stalled(f"clock=progress seconds={self._clocks.progress:g}")

    def _next_token(self) -> float:
        if self._token_at is None:
            return self._opened_at + self._clocks.first_token
        return self._token_at + self._clocks.progress
