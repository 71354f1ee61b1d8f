"""The client: one for a process and upstream, shared by all its calls."""

from __future__ import annotations

import asyncio
import random as chance
import ssl
import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from functools import cache, partial
from types import TracebackType
from typing import Self, TypeVar

import httpx
import msgspec
from aiohttp import ClientSession, DummyCookieJar, TCPConnector

from conversations.deepseek.account import Balance, ModelInfo, balance_from_wire, models_from_wire
from conversations.deepseek.addresses import Addresses
from conversations.deepseek.breaker import Breaker
from conversations.deepseek.call import Call, Outgoing
from conversations.deepseek.calls import FIRST, CallRecord
from conversations.deepseek.clocks import Clocks
from conversations.deepseek.completion import MAX_ANSWER
from conversations.deepseek.errors import BalanceUnavailable, InvalidRequest, NotFound, ProtocolLimit, UpstreamError
from conversations.deepseek.fallback import Fallback
from conversations.deepseek.fim import FimRequest
from conversations.deepseek.gate import Gates
from conversations.deepseek.plain import Completion
from conversations.deepseek.request import ChatRequest
from conversations.deepseek.retry import RetryPolicy
from conversations.deepseek.route import Route
from conversations.deepseek.secret import Secret
from conversations.deepseek.stream import ChatStream
from conversations.deepseek.think_tags import ThinkTags
from conversations.deepseek.transport import ReaderTransport
from conversations.deepseek.upstream import Ledger, Upstream, UpstreamState
from conversations.deepseek.watch import Watch
from conversations.deepseek.wires import Wire

KEEP_ALIVE = 30.0  # seconds that an unused connection is kept
MAX_ACCOUNT_BODY = 4 * 1024 * 1024  # bytes
CONCURRENCY = {"deepseek-flash": 2500, "deepseek-v4-pro": 500}  # calls at once that an account may have ("Rate limit")
MOST_CONCURRENT = 2500
TEXT_ONLY = ("deepseek-v4-pro",)  # how the names begin of models that read neither images nor files ("Models")

T = TypeVar("T")


def utc_now() -> datetime:
    return datetime.now(UTC)


class DeepSeekClient:
    """Talks to one upstream. To be made and used inside of one event loop, closed by `aclose()` or `async with`.

    Raises InvalidRequest for a base address or a key that cannot be used. `transport` replaces the HTTP transport;
    `random`, `sleep` and `now` (aware UTC) the sources of chance and time. `think_tags` is for other servers than
    DeepSeek's, which leave reasoning inside of the text. `wire` chooses the format, which makes no difference to what
    the caller says and gets; what a format cannot carry is refused as an InvalidRequest. `is_deepseek`: as of a
    Fallback; any other server gets nothing that only DeepSeek knows. `text_only`: how the names of models begin to
    which no images and files are sent.

    `max_concurrent`: answers at once for each model, where that is less than the account may have. `fallbacks` are
    asked in their order when the first upstream does not answer; `clock` (seconds, going forward) is the one of their
    circuit breakers and of the limits that grow.
    """

    def __init__(
        self,
        base_url: str = "https://api.deepseek.com",
        api_key: Secret | None = None,
        clocks: Clocks | None = None,
        retry: RetryPolicy | None = None,
        max_concurrent: int = MOST_CONCURRENT,
        fallbacks: Sequence[Fallback] = (),
        transport: httpx.AsyncBaseTransport | None = None,
        random: Callable[[], float] = chance.random,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
        now: Callable[[], datetime] = utc_now,
        think_tags: ThinkTags = ThinkTags.NONE,
        clock: Callable[[], float] = time.monotonic,
        wire: Wire = "openai",
        is_deepseek: bool = True,
        text_only: tuple[str, ...] = TEXT_ONLY,
    ) -> None:
        clocks = clocks or Clocks()
        addresses, key = Addresses(base_url), usable_key(api_key or Secret(""))
        self._upstream = Upstream(
            name=FIRST,
            addresses=addresses,
            key=key,
            transport=transport or aiohttp_transport(),
            clocks=clocks,
            retry=retry or RetryPolicy(),
            think_tags=think_tags,
            random=random,
            sleep=sleep,
            now=now,
            breaker=Breaker(clock),
            gates=Gates({each: min(most, max_concurrent) for each, most in CONCURRENCY.items()}, max_concurrent, clock),
            is_deepseek=is_deepseek,
            text_only=text_only,
            wire=wire,
        )
        self._upstreams = [self._upstream, *(as_upstream(each, self._upstream, clock) for each in fallbacks)]

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        await self._upstream.transport.aclose()

    @property
    def upstreams(self) -> list[UpstreamState]:
        """How the upstreams do at this moment, in the order in which they are asked."""
        return [upstream.state for upstream in self._upstreams]

    def stream(self, request: ChatRequest | FimRequest) -> ChatStream:
        """The streamed answer; nothing is sent before its first batch is asked for. Raises InvalidRequest."""
        return ChatStream(Route(self._upstreams, request, stream=True))

    async def complete(self, request: ChatRequest | FimRequest, calls: list[CallRecord] | None = None) -> Completion:
        """The whole answer at once, for short ones. Raises UpstreamError, whose `calls` holds the records; an empty
        list that is handed in as `calls` gets them too, also when the caller is cancelled.

        An answer that is there but did not end well (content filter, capacity, ...) is an error too; its text is the
        error's `completion`.
        """
        route = Route(self._upstreams, request, stream=False)
        ledger = Ledger(self._upstream.now, calls)
        try:
            return await self._complete(route, ledger)
        except UpstreamError as error:
            error.calls = ledger.calls
            raise
        finally:
            route.left()

    async def models(self) -> list[ModelInfo]:
        """The models on offer. Raises UpstreamError."""
        return models_from_wire(await self._retrying(lambda: self._fetch(self._upstream.addresses.models)))

    async def balance(self) -> Balance:
        """The account's balance. Raises UpstreamError, BalanceUnavailable where there is none to ask for."""
        try:
            body = await self._retrying(lambda: self._fetch(self._upstream.addresses.balance))
        except NotFound as error:
            raise BalanceUnavailable(status=error.status) from None
        return balance_from_wire(body)

    async def _retrying(self, once: Callable[[], Awaitable[T]]) -> T:
        began_at = asyncio.get_running_loop().time()
        attempt = 1
        while True:
            try:
                return await once()
            except UpstreamError as error:
                delay = self._upstream.delay_before_next(error, attempt, began_at)
                if delay is None:
                    raise
            await self._upstream.sleep(delay)
            attempt += 1

    async def _complete(self, route: Route, ledger: Ledger) -> Completion:
        first_error: UpstreamError | None = None
        while True:
            ledger.waits()
            route.enter()
            while await route.turn():
                pass
            route.began()
            upstream = route.upstream
            try:
                completion = await self._complete_once(route, ledger)
            except UpstreamError as error:
                route.ended(error)
                delay = route.delay_before_next(error)
                if delay is None:
                    raise first_error or error from None
                if route.upstream is not upstream:
                    first_error = first_error or error
            else:
                route.ended(None)
                return completion
            await self._upstream.sleep(delay)

    async def _complete_once(self, route: Route, ledger: Ledger) -> Completion:
        upstream, outgoing = route.upstream, route.outgoing
        call = upstream.call(Watch(), partial(ledger.sent, upstream.name))
        try:
            body = await self._body(call, outgoing, MAX_ANSWER, upstream)
            completion, error = outgoing.read(body, ledger.calls, upstream.think_tags)
        except UpstreamError as failure:
            ledger.ended(call, failure)
            raise
        except asyncio.CancelledError:
            ledger.ended(call, None, closed_early=True)
            raise
        ledger.ended(call, error)
        record = ledger.calls[-1]
        record.finish_reason, record.usage = completion.finish_reason, completion.usage
        record.model, record.upstream_id = completion.model, completion.upstream_id
        if error is not None:
            error.completion = completion
            raise error
        return completion

    async def _fetch(self, url: str) -> bytes:
        call = self._upstream.call(Watch(), lambda: None)
        return await self._body(call, Outgoing("GET", url), MAX_ACCOUNT_BODY, self._upstream)

    async def _body(self, call: Call, outgoing: Outgoing, limit: int, upstream: Upstream) -> bytes:
        """The body of a reply with status 200."""
        try:
            status = await call.open(outgoing, upstream.key)
            if status != 200:
                raise await upstream.rejection(call, status)
            body = await call.read_all(limit)
        finally:
            await call.close()
        if len(body) > limit:
            raise ProtocolLimit("limit=body")
        return body


def usable_key(key: Secret) -> Secret:
    """Raises InvalidRequest for a key that fits into no header."""
    if not (key.reveal().isascii() and key.reveal().isprintable()):
        raise InvalidRequest("api_key", "printable ASCII characters")
    return key


def as_upstream(fallback: Fallback, first: Upstream, clock: Callable[[], float]) -> Upstream:
    """A fallback beside `first`, with the same HTTP transport, clocks and rules. Raises InvalidRequest."""
    return msgspec.structs.replace(
        first,
        name=fallback.name,
        addresses=Addresses(fallback.base_url),
        key=usable_key(fallback.key),
        think_tags=fallback.think_tags,
        breaker=Breaker(clock),
        gates=Gates({**(CONCURRENCY if fallback.is_deepseek else {}), **fallback.limits}, MOST_CONCURRENT, clock),
        models=fallback.models,
        is_deepseek=fallback.is_deepseek,
        text_only=(*first.text_only, *fallback.text_only),
        wire=fallback.wire,
    )


@cache
def tls_context() -> ssl.SSLContext:
    """For all clients of a process: to read the trusted authorities takes about 15 ms."""
    return httpx.create_ssl_context()


def aiohttp_transport() -> httpx.AsyncBaseTransport:
    """httpx on aiohttp's HTTP machinery: half the cost of each read. It has no limit of connections of its own: the
    gates have, and one that waits for a connection would be taken for an upstream that cannot be reached.
    """
    context = tls_context()

    def session() -> ClientSession:
        connector = TCPConnector(limit=0, ssl=context, keepalive_timeout=KEEP_ALIVE)
        return ClientSession(connector=connector, cookie_jar=DummyCookieJar())

    return ReaderTransport(verify=context, client=session)
