"""A circuit breaker: remembers that an upstream does not work, so that not every question has to find out. Pure.

closed ── failures in a row, or one that lasts ──> open ── rest is over ──> half open: one call tries
  ^                                                  ^                        │
  └───────────────── it worked ──────────────────────┼────────────────────────┤
                                                     └──── it failed: twice the rest
"""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum

FAILURES = 3  # in a row
REST = 15.0  # seconds
LONGEST_REST = 240.0  # seconds


class State(StrEnum):
    closed = "closed"
    open = "open"
    half_open = "half_open"


class Breaker:
    """`clock` gives seconds and only goes forward.

    Each `begin()` is followed by one of `worked`, `failed`, `left` with the `era` that it gave: every opening begins an
    era, and calls of an earlier one say nothing new.
    """

    __slots__ = ("_clock", "_era", "_failures", "_rest", "_trials", "_until")

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._era = 0
        self._failures = 0
        self._rest = REST
        self._until: float | None = None  # open until then; None: closed
        self._trials = 0  # calls under way that try whether it works again

    @property
    def state(self) -> State:
        if self._until is None:
            return State.closed
        return State.open if self._clock() < self._until else State.half_open

    @property
    def allows(self) -> bool:
        """Whether a call makes sense now."""
        state = self.state
        return state is State.closed or (state is State.half_open and not self._trials)

    def begin(self) -> int:
        """A call begins: its era. It may also begin while the breaker is open, when there is nobody else to ask."""
        if self._until is not None:
            self._trials += 1
        return self._era

    def worked(self, era: int) -> None:
        """The upstream answered."""
        if era != self._era:
            return
        self._failures = self._trials = 0
        self._rest = REST
        self._until = None

    def failed(self, era: int, *, lasting: bool = False) -> None:
        """The upstream did not answer. `lasting`: it will not before somebody does something (key, balance)."""
        if era != self._era:
            return
        self._failures += 1
        if self._until is not None:
            self._rest = min(LONGEST_REST, self._rest * 2)
        elif not lasting and self._failures < FAILURES:
            return
        self._until = self._clock() + self._rest
        self._era += 1
        self._trials = 0

    def left(self, era: int) -> None:
        """The call ended before it showed whether the upstream works."""
        if era == self._era and self._until is not None:
            self._trials -= 1
