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
    """`clock` gives seconds and only goes forward. Each `begin()` is followed by one of `worked`, `failed`, `left`."""

    __slots__ = ("_clock", "_failures", "_rest", "_trying", "_until")

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._failures = 0
        self._rest = REST
        self._until: float | None = None  # open until then; None: closed
        self._trying = False  # one call tries whether it works again

    @property
    def state(self) -> State:
        if self._until is None:
            return State.closed
        return State.open if self._clock() < self._until else State.half_open

    @property
    def allows(self) -> bool:
        """Whether a call makes sense now."""
        state = self.state
        return state is State.closed or (state is State.half_open and not self._trying)

    def begin(self) -> None:
        """A call begins; it may also begin while the breaker is open, when there is nobody else to ask."""
        if self._until is not None:
            self._trying = True

    def worked(self) -> None:
        """The upstream answered."""
        self._failures = 0
        self._rest = REST
        self._until = None
        self._trying = False

    def failed(self, *, lasting: bool = False) -> None:
        """The upstream did not answer. `lasting`: it will not before somebody does something (key, balance)."""
        self._failures += 1
        if self._until is not None and self._trying:
            self._rest = min(LONGEST_REST, self._rest * 2)
        elif self._until is not None or not (lasting or self._failures >= FAILURES):
            return  # calls that were under way when it opened say nothing new
        self._until = self._clock() + self._rest
        self._trying = False

    def left(self) -> None:
        """The call ended before it showed whether the upstream works."""
        self._trying = False
