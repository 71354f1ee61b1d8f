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
    """When a call has to be given up, asked for only when it may be due: a read costs nothing here.

    `since` is when the present wait began. A reader that got a token may be busy with it for as long as it likes: the
    clocks begin again with its next wait. After a piece without a token it waits on at once.
    """

    __slots__ = ("_clocks", "_started", "_token_from")

    def __init__(self, clocks: Clocks) -> None:
        self._clocks = clocks
        self._started = False  # the first token has come
        self._token_from: float | None = None  # the start of the first wait for the next token, once it is over

    def due(self, since: float) -> float:
        """The moment at which the first of the clocks runs out."""
        return min(since + self._clocks.idle, self._token_end(since))

    def verdict(self, since: float) -> Stalled:
        """Which clock ran out in the present wait, as the error it means."""
        if since + self._clocks.idle <= self._token_end(since):
            return Stalled(f"clock=idle seconds={self._clocks.idle:g}")
        if not self._started:
            return FirstTokenTimeout(f"clock=first_token seconds={self._clocks.first_token:g}")
        return Stalled(f"clock=progress seconds={self._clocks.progress:g}")

    def saw_no_token(self, since: float) -> None:
        """The wait that began at `since` brought no token."""
        if self._token_from is None:
            self._token_from = since

    def saw_token(self) -> None:
        """The last wait brought some of the answer."""
        self._token_from = None
        self._started = True

    def _token_end(self, since: float) -> float:
        begun = since if self._token_from is None else self._token_from
        return begun + (self._clocks.progress if self._started else self._clocks.first_token)
