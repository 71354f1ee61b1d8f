"""The gate before a model: lets as many calls through at once as its limit says, fairly between people.

The policies are pure (`adaptive_limit`, `fair_queue`); this is what wakes those who wait. Use from one event loop.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping

from conversations.deepseek.adaptive_limit import AdaptiveLimit
from conversations.deepseek.fair_queue import FairQueue

NEWS_INTERVAL = 0.5  # seconds between two reports of a position, and between two looks at a limit that grows


class Ticket:
    """One call's place: it waits (`position` is 1 or more), has been let in (0), or was given back."""

    __slots__ = ("era", "given_back", "news", "person", "position", "told")

    def __init__(self, person: str) -> None:
        self.person = person
        self.position = 0
        self.told = 0  # the position that the waiting one knows
        self.era = 0
        self.given_back = False
        self.news: asyncio.Future[None] | None = None


class Gate:
    """`enter()` gives a ticket; whoever holds one must `leave()`, at the end or instead of waiting."""

    def __init__(self, limit: AdaptiveLimit) -> None:
        self.running = 0
        self._limit = limit
        self._queue: FairQueue[Ticket] = FairQueue()
        self._loop = asyncio.get_running_loop()
        self._timer: asyncio.TimerHandle | None = None

    @property
    def limit(self) -> int:
        return self._limit.now()

    @property
    def waiting(self) -> int:
        return len(self._queue)

    def enter(self, person: str, *, again: bool = False) -> Ticket:
        """A ticket, which may have been let in already. `again`: a further call for the same question, which goes
        before the person's other ones.
        """
        ticket = Ticket(person)
        self._queue.join(person, ticket, first=again)
        ticket.position = -1  # waits, at a place not known yet
        self._let_in()
        if ticket.position:
            ticket.position = self._queue.position(person, ticket)
        return ticket

    async def news(self, ticket: Ticket) -> int:
        """Waits until `ticket` is let in or moves up: its position, 0 when it has been let in."""
        while ticket.position == ticket.told != 0:
            ticket.news = self._loop.create_future()
            try:
                await ticket.news
            finally:
                ticket.news = None
        ticket.told = ticket.position
        return ticket.position

    def leave(self, ticket: Ticket, *, refused: bool = False) -> None:
        """Gives a ticket back, in any state, any number of times. `refused`: the upstream said that it was one too
        many.
        """
        if ticket.given_back:
            return
        ticket.given_back = True
        if ticket.position:
            self._queue.leave(ticket.person, ticket)
        else:
            if refused:
                self._limit.refused(ticket.era, self.running)
            self.running -= 1
        self._let_in()

    def _let_in(self) -> None:
        while self._queue and self.running < self._limit.now():
            ticket = self._queue.next()
            self.running += 1
            ticket.era = self._limit.era
            self._move(ticket, 0)
        if self._queue and self._timer is None:
            self._timer = self._loop.call_later(NEWS_INTERVAL, self._report)
        elif not self._queue and self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _report(self) -> None:
        """Tells all who wait where they stand now, in one go: a queue that moves fast costs no more than a slow one."""
        self._timer = None
        self._let_in()
        for position, ticket in enumerate(self._queue, start=1):
            self._move(ticket, position)

    def _move(self, ticket: Ticket, position: int) -> None:
        if ticket.position == position:
            return
        ticket.position = position
        if ticket.news is not None and not ticket.news.done():
            ticket.news.set_result(None)


class Gates:
    """The gates of one upstream, one for each of its models; `limits` by model, `default` for all others."""

    def __init__(self, limits: Mapping[str, int], default: int, clock: Callable[[], float]) -> None:
        self._limits = limits
        self._default = default
        self._clock = clock
        self._gates: dict[str, Gate] = {}

    @property
    def running(self) -> int:
        return sum(gate.running for gate in self._gates.values())

    @property
    def waiting(self) -> int:
        return sum(gate.waiting for gate in self._gates.values())

    def of(self, model: str) -> Gate:
        if model not in self._gates:
            self._gates[model] = Gate(AdaptiveLimit(self._limits.get(model, self._default), self._clock))
        return self._gates[model]
