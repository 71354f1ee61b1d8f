"""A streamed answer: calls, their events, and further calls while nothing has been shown."""

from __future__ import annotations

import asyncio
from functools import partial
from types import TracebackType
from typing import Self

import msgspec

from conversations.deepseek.call import Call
from conversations.deepseek.calls import CallRecord
from conversations.deepseek.completion import CompletionState
from conversations.deepseek.errors import ProtocolLimit, UpstreamError
from conversations.deepseek.events import End, Event, Queued, RetryScheduled
from conversations.deepseek.route import Route
from conversations.deepseek.sse import SSEParser
from conversations.deepseek.upstream import Ledger
from conversations.deepseek.watch import Closed, Watch


class ChatStream:
    """Async context manager and async iterator of batches: all events decoded from one network read.

    One `End` comes, as the last event of the last batch, whatever the upstream does; only cancellation propagates.
    `aclose()` stops the answer at once, from any task; the iteration then ends without an `End`.
    """

    def __init__(self, route: Route) -> None:
        self._route = route
        self._ledger = Ledger(route.upstream.now)
        self._watch = Watch()
        self._attempt = 0  # calls to all upstreams
        self._queued = False  # the caller was told of a place in the queue
        self._first_end: End | None = None  # what became of the upstream that was asked first
        self._delay: float | None = None  # before the next call
        self._over = False
        self._begun = False  # some of the answer has been shown: there will be no further call
        self._call: Call | None = None
        self._parser = SSEParser()
        self._state = CompletionState()

    @property
    def calls(self) -> list[CallRecord]:
        """One record for each call whose request was sent; the running one changes until it has ended."""
        return self._ledger.calls

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.aclose()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> list[Event]:
        try:
            while not self._over:
                if self._call is None:
                    batch = await self._open()
                else:
                    batch = await self._read(self._call)
                if batch:
                    return batch
        except Closed:
            pass  # `aclose()`, from another task
        except asyncio.CancelledError:
            await self.aclose()
            raise
        await self._give_back()
        raise StopAsyncIteration

    async def rest(self, seconds: float) -> None:
        """Let more come before the next batch, which then holds all of it: one read instead of several. Either this
        or the next step of the iteration takes so long, give or take a tenth. For an answer that streams."""
        if self._call is not None and not self._over:
            await self._call.rest(seconds)

    async def aclose(self) -> None:
        """Hangs up at once if the answer is still running; can be called at any time, any number of times."""
        if self._over:
            await self._give_back()
        call, self._call = self._call, None
        if call is not None:
            self._record(call, None, closed_early=True)
        self._over = True
        self._route.left()
        await self._watch.close()
        if call is not None:
            await call.close()

    async def _open(self) -> list[Event]:
        """Begins the next call, after the pause before it and when its turn has come."""
        route = self._route
        if self._delay is not None:
            delay, self._delay = self._delay, None
            with self._watch.until(None):
                await route.upstream.sleep(delay)
        self._ledger.waits()
        route.enter()
        with self._watch.until(None):
            position = await route.turn()
        if position or self._queued:
            self._queued = position > 0
            return [Queued(position)]
        route.began()
        upstream = route.upstream
        self._attempt += 1
        self._parser = SSEParser()
        self._state = route.outgoing.new_state(upstream.think_tags)
        self._call = call = upstream.call(self._watch, partial(self._ledger.sent, upstream.name))
        try:
            status = await call.open(route.outgoing, upstream.key)
            if status != 200:
                raise await upstream.rejection(call, status)
        except UpstreamError as error:
            return await self._settle(call, self._state.fail(error))
        self.calls[-1].status = status
        self.calls[-1].trace_id = call.trace_id
        return []

    async def _read(self, call: Call) -> list[Event]:
        """The events of the next network read; none for a read that held only comments or half an event."""
        parser, state = self._parser, self._state
        try:
            piece = await call.read()
        except UpstreamError as error:
            return await self._settle(call, state.fail(error))
        if piece is None:
            return await self._settle(call, state.body_ended(parser.finish(), bytes(parser.stray)))
        batch = state.receive(parser.feed(piece))
        if parser.overflowed and state.ended is None:
            batch += state.fail(ProtocolLimit("limit=line"))
        if not batch:
            call.saw_no_token()
        else:
            if call.tokenless:
                call.saw_token()
            if state.visible and not self._begun:
                self._begun = True
                self.calls[-1].first_token_at = self._route.upstream.now()
                self._route.answered()
        return batch if state.ended is None else await self._settle(call, batch)

    async def _settle(self, call: Call, batch: list[Event]) -> list[Event]:
        """The call has ended: the last batch, or a further call in place of its `End`."""
        end = batch[-1]
        assert isinstance(end, End)  # noqa: S101
        upstream = self._route.upstream
        end = msgspec.structs.replace(end, upstream=upstream.name)
        self._record(call, end.error)
        self._route.ended(end.error)
        delay = self._delay_after(end.error)
        if delay is None or end.error is None:
            self._over = True
            batch[-1] = self._end_to_tell(end)
        else:
            self._delay = delay
            asked = self._route.upstream
            if asked is not upstream:
                self._first_end = self._first_end or end
            name = asked.name if asked is not upstream else ""
            batch[-1] = RetryScheduled(attempt=self._attempt + 1, delay=delay, error=end.error, upstream=name)
        if end.error is not None:
            self._call = None
            await call.close()
        return batch

    def _delay_after(self, error: UpstreamError | None) -> float | None:
        if error is None:
            return None
        error.calls = self.calls
        if self._state.visible:
            return None  # a further call would show the text twice
        return self._route.delay_before_next(error)

    def _end_to_tell(self, end: End) -> End:
        """When nobody gave an answer: why the upstream failed that people know and that somebody looks after."""
        if end.error is None or self._state.visible:
            return end
        return self._first_end or end

    def _record(self, call: Call, error: UpstreamError | None, *, closed_early: bool = False) -> None:
        if self._ledger.ended(call, error, closed_early=closed_early):
            record, state = self.calls[-1], self._state
            record.finish_reason, record.usage = state.finish_reason, state.usage
            record.model, record.upstream_id = state.model, state.upstream_id

    async def _give_back(self) -> None:
        """After a good end: the connection is read to its end, so that the next call can use it."""
        call, self._call = self._call, None
        if call is not None:
            try:
                await call.drain()
            finally:
                await call.close()
