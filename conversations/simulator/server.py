"""The simulator as an HTTP server in the running event loop."""

from __future__ import annotations

import asyncio
import itertools
import time
import uuid
from collections.abc import Callable, Iterator
from typing import Self

import msgspec
from aiohttp import web

from . import refusals
from .account import Account, TopUp
from .answers import commanded_scenario, is_title_request
from .anthropic import Anthropic
from .calls import RecordedCall, without_secrets
from .dialects import Dialect
from .exchange import Occurrences, reply_to
from .fim import Fim
from .playback import Playback
from .prompt_cache import PromptCache
from .refusals import JSON, Refusal, RefusedError
from .repertoire import NORMAL, commanded, scenario_named
from .scenarios import Scenario
from .schema import ChatRequest
from .steps import BLANK, COMMENT, SILENCE, Reset, Step, waiting

_BASES = ("/v1", "/beta", "")
_MESSAGES = "/anthropic/v1/messages"
_TOP_UP = "/simulator/top-up"
_ENDPOINTS = {
    ("POST", "/chat/completions"),
    ("POST", _MESSAGES),
    ("GET", "/models"),
    ("GET", "/user/balance"),
    ("POST", _TOP_UP),
}
_MAX_BODY_BYTES = 48 * 1024 * 1024
_EVENTS = "text/event-stream; charset=utf-8"
_SCENARIO_HEADER = "x-simulator-scenario"


class Simulator:
    """A stand-in for the DeepSeek API, from `async with` on, at `base_url`.

    `speed` is in deltas a second, 0 for as fast as possible; `first_token` and `keep_alive` (how often a waiting client
    gets a sign of life, 0: never) are in seconds. These and `scenario` can be set at any time; calls that have begun
    keep all but the speed. Without `api_key` any key is accepted. With an `account` calls are charged and refused when
    nothing is left; without one the balance stays what it is. `calls` lists all calls in order, unless `recording` is
    off. `clock` gives Unix seconds.
    """

    def __init__(
        self,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        speed: float = 0,
        first_token: float = 0,
        keep_alive: float = 10,
        scenario: str = "normal",
        api_key: str | None = None,
        account: Account | None = None,
        recording: bool = True,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.host = host
        self.port = port
        self.speed = speed
        self.first_token = first_token
        self.keep_alive = keep_alive
        self.scenario = scenario
        self.api_key = api_key
        self.account = account
        self.calls: list[RecordedCall] = []
        self._recording = recording
        self._clock = clock
        self._cache = PromptCache()
        self._occurrences = Occurrences()
        self._running: set[asyncio.Task[object]] = set()
        self._idle = asyncio.Event()
        self._idle.set()
        self._runner: web.AppRunner | None = None

    @property
    def scenario(self) -> str:
        """The scenario of calls that do not name one. Setting one that does not exist raises ValueError."""
        return self._scenario.name

    @scenario.setter
    def scenario(self, name: str) -> None:
        self._scenario = scenario_named(name)

    @property
    def base_url(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}"

    async def __aenter__(self) -> Self:
        application = web.Application(client_max_size=_MAX_BODY_BYTES)
        application.router.add_route("*", "/{path:.*}", self._handle)
        application.on_response_prepare.append(_sign)
        self._runner = web.AppRunner(
            application, handler_cancellation=True, access_log=None, shutdown_timeout=1, keepalive_timeout=600
        )
        await self._runner.setup()
        site = web.TCPSite(self._runner, self.host, self.port, backlog=1024)
        try:
            await site.start()
        except OSError:
            await self._runner.cleanup()
            raise
        self.port = site.port
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._runner is not None  # noqa: S101 - entered before
        for task in self._running:
            task.cancel()
        await self._runner.cleanup()

    async def idle(self) -> None:
        """Wait until no call is running, in the simulator's own event loop."""
        await self._idle.wait()

    async def _handle(self, http: web.Request) -> web.StreamResponse:
        call = RecordedCall(http.method, http.path, without_secrets(http.headers), self._clock())
        if self._recording:
            self.calls.append(call)
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - a coroutine runs in a task
        self._running.add(task)
        self._idle.clear()
        try:
            response = await self._answer(http, call)
        except RefusedError as refused:
            response = _error(refused.refusal)
        finally:
            self._ended(task, call)
        call.status = response.status
        return response

    def _ended(self, task: asyncio.Task[object], call: RecordedCall) -> None:
        call.ended = self._clock()
        self._running.discard(task)
        if not self._running:
            self._idle.set()

    async def _answer(self, http: web.Request, call: RecordedCall) -> web.StreamResponse:
        base, endpoint = _endpoint(http)
        self._authenticate(http, endpoint)
        if endpoint == _TOP_UP:
            return await self._top_up(http, call)
        if http.method == "POST":
            return await self._complete(http, call, _dialect(base, endpoint))
        scenario = self._requested_scenario(http) or self._scenario
        if scenario.refusal is not None and scenario.everywhere:
            raise RefusedError(scenario.refusal)
        found = scenario.models if endpoint == "/models" else self._balance(scenario)
        if isinstance(found, Refusal):
            raise RefusedError(found)
        return web.Response(body=found, content_type=JSON)

    def _balance(self, scenario: Scenario) -> bytes | Refusal:
        return self.account.body() if self.account is not None and scenario is NORMAL else scenario.balance

    async def _top_up(self, http: web.Request, call: RecordedCall) -> web.Response:
        """Somebody pays, who plays with the simulator from outside of its process."""
        if self.account is None:
            raise RefusedError(refusals.NOT_FOUND)
        try:
            self.account.top_up(msgspec.json.decode(await _body(http, call), type=TopUp).amount)
        except (msgspec.MsgspecError, UnicodeDecodeError):
            raise RefusedError(refusals.invalid('{"amount": "10.00"} is expected')) from None
        return web.Response(body=self.account.body(), content_type=JSON)

    def _authenticate(self, http: web.Request, endpoint: str) -> None:
        given = http.headers.get("Authorization", "").strip()
        if not given and endpoint == _MESSAGES and (key := http.headers.get("x-api-key")):
            given = f"Bearer {key}"
        if not given:
            raise RefusedError(refusals.NO_KEY)
        scheme, _, key = given.partition(" ")
        if scheme.lower() != "bearer" or not key.strip():
            raise RefusedError(refusals.MALFORMED_KEY)
        if self.api_key is not None and key.strip() != self.api_key:
            raise RefusedError(refusals.wrong_key(key.strip()))

    async def _complete(self, http: web.Request, call: RecordedCall, dialect: Dialect) -> web.StreamResponse:
        body = await _body(http, call)
        if self._recording:
            call.body = _decoded(body)
        request = dialect.read(body)
        scenario = self._scenario_of(http, request)
        call.scenario = scenario.name
        if scenario.refusal is not None:
            raise RefusedError(scenario.refusal)
        if self.account is not None and not self.account.is_available:
            raise RefusedError(refusals.NO_BALANCE)
        return await self._play(http, call, request, scenario, dialect)

    def _requested_scenario(self, http: web.Request) -> Scenario | None:
        name = http.headers.get(_SCENARIO_HEADER)
        try:
            return scenario_named(name) if name else None
        except ValueError as error:
            raise RefusedError(refusals.invalid(str(error))) from None

    def _scenario_of(self, http: web.Request, request: ChatRequest) -> Scenario:
        """By header, else by the message, else the simulator's own; titles have scenarios of their own."""
        scenario = self._requested_scenario(http)
        if scenario is None:
            name = commanded_scenario(request)
            scenario = commanded(name) if name else self._scenario
            if scenario.for_titles != is_title_request(request):
                return NORMAL
        return scenario if self._occurrences.affected(scenario, request) else NORMAL

    async def _play(
        self, http: web.Request, call: RecordedCall, request: ChatRequest, scenario: Scenario, dialect: Dialect
    ) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Cache-Control": "no-cache"})
        response.content_type = scenario.content_type or JSON
        if request.stream and scenario.content_type is None:
            response.headers["Content-Type"] = _EVENTS
        transport = http.transport
        if transport is None:
            raise ConnectionResetError
        if scenario.before_status is None:
            response.enable_chunked_encoding()
            await response.prepare(http)
            call.status = response.status
        steps = self._steps(request, scenario, dialect)
        playback = Playback(steps, transport, asyncio.get_running_loop(), lambda: _or(scenario.speed, self.speed))
        playback.start()
        try:
            await playback.ended
        finally:
            playback.stop()
            call.disconnected = playback.left
        return response

    def _steps(self, request: ChatRequest, scenario: Scenario, dialect: Dialect) -> Iterator[Step]:
        if scenario.before_status is not None:
            return iter([SILENCE if scenario.before_status == "silent" else Reset()])
        prompt = self._cache.count(request)
        reply = reply_to(request, scenario, prompt, str(uuid.uuid4()), int(self._clock()))
        if self.account is not None:
            self.account.charge(prompt.total + reply.output.completion_tokens)
        first_token, interval = _or(scenario.first_token, self.first_token), _or(scenario.keep_alive, self.keep_alive)
        if request.stream:
            steps = dialect.steps(scenario.script(reply))
            return itertools.chain(waiting(first_token, COMMENT, interval), steps)
        speed = _or(scenario.speed, self.speed)
        duration = first_token + (reply.output.completion_tokens / speed if speed > 0 else 0)
        return itertools.chain(waiting(duration, BLANK, interval), scenario.body(dialect.body(reply.body())))


def _endpoint(http: web.Request) -> tuple[str, str]:
    """The base (`/beta`, say) and the endpoint below it."""
    base = next(base for base in _BASES if http.path.startswith(f"{base}/") or not base)
    endpoint = http.path.removeprefix(base)
    if (http.method, endpoint) not in _ENDPOINTS and (http.method, http.path) != ("POST", "/beta/completions"):
        raise RefusedError(refusals.NOT_FOUND)
    return base, endpoint


def _dialect(base: str, endpoint: str) -> Dialect:
    if endpoint == _MESSAGES:
        return Anthropic()
    return Fim() if endpoint == "/completions" else Dialect(beta=base == "/beta")


def _or(own: float | None, general: float) -> float:
    return general if own is None else own


async def _body(http: web.Request, call: RecordedCall) -> bytes:
    try:
        return await http.read()
    except web.HTTPRequestEntityTooLarge:
        raise RefusedError(refusals.TOO_LARGE) from None
    except (asyncio.CancelledError, ConnectionError):
        call.disconnected = True
        raise


def _decoded(body: bytes) -> object:
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None


class _Untyped(web.Response):
    """A response without a content type; aiohttp would guess one."""


def _error(refusal: Refusal) -> web.Response:
    headers = dict(refusal.headers)
    if refusal.content_type is None:
        return _Untyped(status=refusal.status, body=refusal.body, headers=headers)
    return web.Response(
        status=refusal.status, body=refusal.body, headers={"Content-Type": refusal.content_type, **headers}
    )


async def _sign(_: web.Request, response: web.StreamResponse) -> None:
    """The headers that every response of the API has."""
    if isinstance(response, _Untyped):
        response.headers.popall("Content-Type", None)
    response.headers["Server"] = "openresty"
    response.headers["x-ds-trace-id"] = uuid.uuid4().hex
