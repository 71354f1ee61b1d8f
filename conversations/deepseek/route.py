"""The way of one question: which upstream is asked, and which one next."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from conversations.deepseek.breaker import State
from conversations.deepseek.errors import InvalidRequest, RateLimited, UpstreamError
from conversations.deepseek.fallback import lasts, may_be_asked_elsewhere, shows_that_it_works
from conversations.deepseek.fim import FimRequest
from conversations.deepseek.gate import Gate, Ticket
from conversations.deepseek.request import ChatRequest
from conversations.deepseek.upstream import Upstream
from conversations.deepseek.wires import Question


class Route:
    """`upstream` is asked with `outgoing`. Raises InvalidRequest.

    The first upstream is always asked if no other one answers; fallbacks that cannot serve the request are left out.
    For each call: `enter()`, then `turn()` until it gives 0, then `began()`, at its first visible piece `answered()`,
    and at its end `ended()`; `left()` ends everything at any moment. An upstream whose breaker is open is passed over
    as long as there is another one: a breaker chooses, and never refuses.
    """

    def __init__(self, upstreams: Sequence[Upstream], request: ChatRequest | FimRequest, *, stream: bool) -> None:
        self._first = upstreams[0]
        self._request = request
        self._person = (request.user_id if isinstance(request, ChatRequest) else None) or ""
        self._stream = stream
        self._first_outgoing = self._first.outgoing(request, stream=stream)
        self._untried = [self._first, *(each for each in upstreams[1:] if each.serves(request))]
        self._loop = asyncio.get_running_loop()
        self._calls = 0  # to the present upstream
        self._began_at = 0.0  # the first of them, on the loop's clock
        self._era: int | None = None  # of the breaker, while a call is under way
        self._again = False
        self._place: tuple[Gate, Ticket] | None = None
        self.upstream, self.outgoing = self._first, self._first_outgoing
        self._go_on()

    def enter(self) -> None:
        """Takes a place in the queue of the present upstream's model, unless it has one."""
        if self._place is None:
            gate = self.upstream.gate(self._request.model)
            self._place = gate, gate.enter(self._person, again=self._again)
            self._again = True

    async def turn(self) -> int:
        """Waits for news of the place: 0 when the call may begin, else the position.

        Who waited for an upstream that broke meanwhile, or that somebody else tries already, goes on to another one.
        """
        position = await self._news()
        while not position and not self.upstream.breaker.allows and self._somebody_else():
            self._give_place_back()
            if not self._calls:
                self._untried.append(self.upstream)
            self._go_on()
            self.enter()
            position = await self._news()
        return position

    def began(self) -> None:
        """A call begins."""
        if not self._calls:
            self._began_at = self._loop.time()
        self._calls += 1
        self._era = self.upstream.breaker.begin()

    def answered(self) -> None:
        """The answer begins to come, and may take minutes: whoever waits for this trial need not wait longer."""
        if self._era is not None and self.upstream.breaker.state is not State.closed:
            self.upstream.breaker.worked(self._era)

    def ended(self, error: UpstreamError | None) -> None:
        """The call is over."""
        era, self._era = self._era, None
        assert era is not None  # noqa: S101
        self._give_place_back(refused=isinstance(error, RateLimited))
        if error is not None:
            error.excerpt = self.upstream.key.hide_in(error.excerpt)
            error.upstream = "" if self.upstream is self._first else self.upstream.name
        if error is None or shows_that_it_works(error):
            self.upstream.breaker.worked(era)
        else:
            self.upstream.breaker.failed(era, lasting=lasts(error))

    def left(self) -> None:
        """Nobody wants the answer any more. Can be called at any time, any number of times."""
        self._give_place_back()
        if self._era is not None:
            self.upstream.breaker.left(self._era)
            self._era = None

    def delay_before_next(self, error: UpstreamError) -> float | None:
        """After a call that showed nothing: seconds until the next one, None to give up.

        The next one may go to another upstream, which is the present one from now on.
        """
        delay = self.upstream.delay_before_next(error, self._calls, self._began_at)
        if delay is not None and (self.upstream.breaker.allows or not self._untried):
            return delay
        return 0.0 if may_be_asked_elsewhere(error) and self._go_on() else None

    async def _news(self) -> int:
        assert self._place is not None  # noqa: S101
        gate, ticket = self._place
        return await gate.news(ticket)

    def _somebody_else(self) -> bool:
        return any(each.breaker.allows for each in self._untried)

    def _go_on(self) -> bool:
        """Makes the next upstream the present one; False when there is none left."""
        while self._untried:
            chosen = next((each for each in self._untried if each.breaker.allows), self._untried[0])
            self._untried.remove(chosen)
            try:
                self.outgoing = self._outgoing_to(chosen)
            except InvalidRequest:
                continue  # what the first upstream takes, its model does not (images)
            self.upstream = chosen
            self._calls = 0
            return True
        return False

    def _outgoing_to(self, upstream: Upstream) -> Question:
        # A long conversation is encoded for those who are asked only.
        if upstream is self._first:
            return self._first_outgoing
        return upstream.outgoing(self._request, stream=self._stream)

    def _give_place_back(self, *, refused: bool = False) -> None:
        place, self._place = self._place, None
        if place is not None:
            gate, ticket = place
            gate.leave(ticket, refused=refused)
