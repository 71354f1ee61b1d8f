"""One upstream: its addresses, its key, its HTTP transport and the rules for asking it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime

import httpx
import msgspec

from conversations.deepseek import checks
from conversations.deepseek.addresses import Addresses
from conversations.deepseek.breaker import Breaker, State
from conversations.deepseek.call import Call
from conversations.deepseek.calls import CallRecord
from conversations.deepseek.clocks import Clocks
from conversations.deepseek.errors import UpstreamError
from conversations.deepseek.fim import FimRequest
from conversations.deepseek.gate import Gate, Gates
from conversations.deepseek.rejection import rejected, retry_after_seconds
from conversations.deepseek.request import ChatRequest
from conversations.deepseek.retry import RetryPolicy
from conversations.deepseek.secret import Secret
from conversations.deepseek.think_tags import ThinkTags
from conversations.deepseek.watch import Watch
from conversations.deepseek.wires import Question, Wire, question

MAX_ERROR_BODY = 64 * 1024  # bytes


class UpstreamState(msgspec.Struct, frozen=True):
    """How an upstream does: calls that run and that wait for their turn, and its breaker."""

    name: str
    running: int
    waiting: int
    breaker: State


class Upstream(msgspec.Struct, frozen=True):
    """What every call needs; collaborators (clock, chance, sleep) come from outside.

    `models`: what it calls the models that it is asked for; None: it knows them by the same names. `text_only`: how the
    names of models begin that read neither images nor files.
    """

    name: str
    addresses: Addresses
    key: Secret
    transport: httpx.AsyncBaseTransport
    clocks: Clocks
    retry: RetryPolicy
    think_tags: ThinkTags
    random: Callable[[], float]
    sleep: Callable[[float], Awaitable[object]]
    now: Callable[[], datetime]
    breaker: Breaker
    gates: Gates
    models: Mapping[str, str] | None = None
    is_deepseek: bool = True
    text_only: tuple[str, ...] = ()
    wire: Wire = "openai"

    @property
    def state(self) -> UpstreamState:
        return UpstreamState(self.name, self.gates.running, self.gates.waiting, self.breaker.state)

    def serves(self, request: ChatRequest | FimRequest) -> bool:
        """Whether the request can be put to it: it has the model; prefixes and FIM are DeepSeek's (beta address)."""
        known = self.models is None or request.model in self.models
        return known and (self.is_deepseek or (isinstance(request, ChatRequest) and not request.beta))

    def gate(self, model: str) -> Gate:
        """What calls of `model`, by the name that is asked for, have to pass."""
        return self.gates.of(model if self.models is None else self.models[model])

    def call(self, watch: Watch, on_sent: Callable[[], None]) -> Call:
        return Call(self.transport, self.clocks, watch, on_sent)

    def outgoing(self, request: ChatRequest | FimRequest, *, stream: bool) -> Question:
        """What is sent to ask for `request`, and how its answer is read. Raises InvalidRequest."""
        if self.models is not None:
            request = msgspec.structs.replace(request, model=self.models[request.model])
        asked = question(request, self.wire, self.addresses, stream=stream, abroad=not self.is_deepseek)
        if isinstance(request, ChatRequest):
            checks.sight(request.messages, request.model, self.text_only)
        return asked

    def delay_before_next(self, error: UpstreamError, attempt: int, since: float) -> float | None:
        """Seconds until call `attempt + 1`, None for no further call. `since`: when the first one began (loop time)."""
        elapsed = asyncio.get_running_loop().time() - since
        return self.retry.delay_before_next(error, attempt, elapsed, self.random)

    async def rejection(self, call: Call, status: int) -> UpstreamError:
        """The error of a reply whose status is not 200. A body that does not come leaves the status."""
        try:
            body = await call.read_all(MAX_ERROR_BODY)
        except UpstreamError:
            body = b""
        error = rejected(status, body, retry_after_seconds(call.retry_after, self.now()))
        error.excerpt = self.key.hide_in(error.excerpt)
        return error


class Ledger:
    """The records of the calls of one question, the running one last."""

    __slots__ = ("_now", "_queued_at", "calls")

    def __init__(self, now: Callable[[], datetime], calls: list[CallRecord] | None = None) -> None:
        """`calls`: where the records go, for whoever wants to see them whatever happens."""
        self._now = now
        self._queued_at: datetime | None = None
        self.calls: list[CallRecord] = [] if calls is None else calls

    def waits(self) -> None:
        """The next call takes its place in the queue, unless it has one."""
        self._queued_at = self._queued_at or self._now()

    def sent(self, upstream: str) -> None:
        """A request is on its way: its record begins."""
        queued_at, self._queued_at = self._queued_at, None
        record = CallRecord(number=len(self.calls) + 1, started_at=self._now(), upstream=upstream, queued_at=queued_at)
        self.calls.append(record)

    def ended(self, call: Call, error: UpstreamError | None, *, closed_early: bool = False) -> bool:
        """Completes the record of `call`; False if nothing was sent, or it was complete before."""
        if not call.sent or self.calls[-1].ended_at is not None:
            return False
        record = self.calls[-1]
        record.ended_at = self._now()
        record.error = error
        record.closed_early = closed_early
        record.status = call.status
        record.trace_id = call.trace_id
        return True
