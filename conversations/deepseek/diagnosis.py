"""Why does it not work? Goes the way of a question step by step, and says where it ends and what to do about it.

The steps are name, connection, TLS, key, balance, model, stream; what lies behind a step that failed cannot be known.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from enum import StrEnum
from functools import partial
from urllib.parse import SplitResult, urlsplit

import httpx
import msgspec

from conversations.deepseek.account import Balance
from conversations.deepseek.client import DeepSeekClient
from conversations.deepseek.errors import (
    Authentication,
    BalanceExhausted,
    BalanceUnavailable,
    Forbidden,
    InvalidRequest,
    Malformed,
    Moderation,
    NotFound,
    RateLimited,
    Stalled,
    UnknownModel,
    Unreachable,
    UpstreamError,
)
from conversations.deepseek.events import End
from conversations.deepseek.messages import ChatMessage
from conversations.deepseek.request import ChatRequest

PATIENCE = 10.0  # seconds for each of name, connection and TLS
QUESTION = "Answer with the word: yes"
MAX_TOKENS = 16
MOST_NAMED = 20  # models in a text


class Step(StrEnum):
    name = "name"
    connection = "connection"
    tls = "TLS"
    key = "key"
    balance = "balance"
    model = "model"
    stream = "stream"


class Finding(msgspec.Struct, frozen=True):
    """What a step showed. `advice` is empty where nothing is to be done."""

    step: Step
    fine: bool
    said: str
    advice: str = ""


class _Fault(Exception):
    def __init__(self, said: str, advice: str) -> None:
        super().__init__(said)
        self.said = said
        self.advice = advice


async def diagnose(
    client: DeepSeekClient, base_url: str, model: str, *, account: bool = True, has_key: bool = True
) -> AsyncIterator[Finding]:
    """The findings one by one, up to and including the first that is not fine. `client` talks to `base_url`.

    It sends one short question to `model`, which costs next to nothing. `account`: it is a server with a balance.
    `has_key`: the client has a key for it.
    """
    parts = urlsplit(base_url)
    steps: list[tuple[Step, Callable[[], Awaitable[str]]]] = [
        (Step.name, partial(_name, parts)),
        (Step.connection, partial(_connection, parts)),
        (Step.tls, partial(_tls, parts)),
        (Step.key, partial(_key, client, has_key)),
        (Step.balance, partial(_balance, client)),
        (Step.model, partial(_model, client, model)),
        (Step.stream, partial(_stream, client, model)),
    ]
    left_out = {step for step, has in ((Step.tls, parts.scheme == "https"), (Step.balance, account)) if not has}
    for step, work in steps:
        if step in left_out:
            continue
        try:
            said = await work()
        except _Fault as fault:
            yield Finding(step, False, fault.said, fault.advice)
            return
        yield Finding(step, True, said)


def balance_in_words(balance: Balance) -> str:
    """`12.50 USD, 80.00 CNY`."""
    return ", ".join(f"{info.total_balance} {info.currency}" for info in balance.balance_infos) or "no amounts given"


async def _name(parts: SplitResult) -> str:
    host = parts.hostname or ""
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(PATIENCE):
            found = await loop.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError, TimeoutError):
        raise _Fault(
            f"The name {host} cannot be resolved.",
            "Check the spelling of the base address and this machine's DNS. Proxy variables are not used.",
        ) from None
    return f"{host} is {', '.join(dict.fromkeys(str(entry[4][0]) for entry in found))}."


async def _connection(parts: SplitResult) -> str:
    place = f"{parts.hostname} port {_port(parts)}"
    try:
        await _connect(parts, None)
    except ConnectionRefusedError:
        raise _Fault(f"{place} refuses connections.", "Check the port, and that the server runs.") from None
    except TimeoutError:
        raise _Fault(
            f"{place} does not answer.",
            "A firewall may block the way out: allow it, or give a base address that is reachable from here. "
            "Proxy variables are not used.",
        ) from None
    except OSError as error:
        raise _Fault(
            f"{place} cannot be reached ({error.strerror or type(error).__name__}).",
            "Check this machine's network and routes.",
        ) from None
    return f"{place} accepts connections."


async def _tls(parts: SplitResult) -> str:
    try:
        await _connect(parts, httpx.create_ssl_context())
    except ssl.SSLCertVerificationError as error:
        raise _Fault(
            f"The certificate is not trusted: {error.verify_message.rstrip('.')}.",
            "Check the clock and the base address. When a proxy of your organization opens TLS, name its certificates "
            "in SSL_CERT_FILE.",
        ) from None
    except (OSError, TimeoutError) as error:
        raise _Fault(
            f"{parts.hostname} port {_port(parts)} does not speak TLS ({type(error).__name__}).",
            "Check scheme and port of the base address: a server without TLS needs http://.",
        ) from None
    return "The certificate is valid."


async def _connect(parts: SplitResult, context: ssl.SSLContext | None) -> None:
    async with asyncio.timeout(PATIENCE):
        _, writer = await asyncio.open_connection(parts.hostname, _port(parts), ssl=context)
    writer.transport.abort()


def _port(parts: SplitResult) -> int:
    return parts.port or (443 if parts.scheme == "https" else 80)


async def _key(client: DeepSeekClient, has_key: bool) -> str:
    try:
        models = await client.models()
    except NotFound:
        return "There is no list of models to try it with; the question will show."
    except Authentication as error:
        if has_key:
            raise _fault(error) from None
        raise _Fault("No key is set, and the server wants one.", "Set the key of this upstream.") from None
    except UpstreamError as error:
        raise _fault(error) from None
    key = "The key is accepted" if has_key else "No key is set, and none is asked for"
    return f"{key}; {len(models)} models are offered."


async def _balance(client: DeepSeekClient) -> str:
    try:
        balance = await client.balance()
    except BalanceUnavailable:
        return "This server reports no balance."
    except UpstreamError as error:
        raise _fault(error) from None
    if not balance.is_available:
        raise _fault(BalanceExhausted())
    return f"{balance_in_words(balance)}."


async def _model(client: DeepSeekClient, model: str) -> str:
    try:
        offered = [info.id for info in await client.models()]
    except NotFound:
        return "There is no list of models; the question will show."
    except UpstreamError as error:
        raise _fault(error) from None
    if model not in offered:
        raise _Fault(
            f"{model} is not offered.",
            f"Choose one of: {', '.join(offered[:MOST_NAMED])}." if offered else "Check the base address.",
        )
    return f"{model} is offered."


async def _stream(client: DeepSeekClient, model: str) -> str:
    pieces = 0
    end: End | None = None
    async with client.stream(ChatRequest(model, [ChatMessage("user", QUESTION)], max_tokens=MAX_TOKENS)) as stream:
        async for batch in stream:
            for event in batch:
                if isinstance(event, End):
                    end = event
                else:
                    pieces += 1
    assert end is not None  # noqa: S101  # nobody else closes this stream
    if end.error is not None:
        raise _fault(end.error)
    return f"A short question was answered to its end ({pieces} pieces)."


_ADVICE: tuple[tuple[type[UpstreamError], str], ...] = (
    (Authentication, "Set the key as the provider shows it; it may have been revoked."),
    (BalanceExhausted, "Top up the account."),
    (Forbidden, "Check the key's rights, the region and what stands between this machine and the server."),
    (UnknownModel, "`manage.py deepseek models` lists what is offered."),
    (NotFound, "Check the base address: it ends before /chat/completions, and many servers want /v1 at its end."),
    (Moderation, "The provider refused a harmless question; ask its support."),
    (RateLimited, "The account has too many calls under way, or too little balance. Try again in a minute."),
    (Unreachable, "The connection was there a moment ago: try again; look at proxies and firewalls."),
    (
        Stalled,
        "The server takes questions and does not answer: it is overloaded, or something on the way holds it back.",
    ),
    (
        Malformed,
        "Check the base address: what answers there speaks another language, such as a page for browsers. Or "
        "something on the way answers in the server's place.",
    ),
)
_BROKEN = "Something between this machine and the server may change or cut replies; otherwise try again later."


def explained(error: UpstreamError) -> tuple[str, str]:
    """What `error` means to whoever looks after the upstream, and what they can do."""
    if isinstance(error, InvalidRequest):
        return f"“{error.field}” must be {error.allowed}.", "Change it; nothing was sent."
    advice = next((advice for kind, advice in _ADVICE if isinstance(error, kind)), _BROKEN)
    said = f" It said: “{error.excerpt}”." if error.excerpt else ""
    happened = error.happened.replace("This site's DeepSeek account", "The account").replace("DeepSeek", "the server")
    return f"{happened[0].upper()}{happened[1:]}{said} ({error.log})", advice


def _fault(error: UpstreamError) -> _Fault:
    return _Fault(*explained(error))
