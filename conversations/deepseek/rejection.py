"""From what the upstream says about a failure to an error of our tree. Pure."""

from __future__ import annotations

import html
import json
import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import msgspec

from conversations.deepseek.errors import (
    Authentication,
    BalanceExhausted,
    ContextOverflow,
    ErrorInStream,
    Forbidden,
    GatewayError,
    Malformed,
    Moderation,
    NotFound,
    Overloaded,
    RateLimited,
    Rejected,
    RequestRefused,
    ServerError,
    UnknownModel,
    UpstreamError,
)
from conversations.deepseek.secret import CUT

EXCERPT = 200  # characters of the upstream's words that a person may see

_BY_STATUS: dict[int, type[Rejected]] = {
    400: RequestRefused,
    401: Authentication,
    402: BalanceExhausted,
    403: Forbidden,
    404: NotFound,
    408: GatewayError,
    413: RequestRefused,
    422: RequestRefused,
    429: RateLimited,
    502: GatewayError,
    503: Overloaded,
    504: GatewayError,
    529: Overloaded,  # of the Anthropic format
}

# What messages say, matched loosely: wrappers reword them and change the status. In the order of precedence.
_BY_TEXT: tuple[tuple[re.Pattern[str], type[Rejected]], ...] = (
    (re.compile(r"content exists risk"), Moderation),
    (re.compile(r"insufficient[ _]balance"), BalanceExhausted),
    (re.compile(r"maximum context length|context[ _](length|window)[ _]?(is )?exceed"), ContextOverflow),
    (re.compile(r"supported api model names|model (does )?not (exist|found)|unknown model"), UnknownModel),
)
# Error objects inside a stream have no status; these words stand in for it.
_BY_WORD: tuple[tuple[re.Pattern[str], type[Rejected]], ...] = (
    (re.compile(r"authentication"), Authentication),
    (re.compile(r"billing_error"), BalanceExhausted),
    (re.compile(r"permission_error"), Forbidden),
    (re.compile(r"rate[ _]limit|too many requests"), RateLimited),
    (re.compile(r"too busy|overloaded|service_unavailable"), Overloaded),
    (re.compile(r"invalid_request|request_too_large"), RequestRefused),
)

_SCRIPT = re.compile(r"<(script|style)\b.*?(</\1\s*>|\Z)", re.IGNORECASE | re.DOTALL)
_TAG = re.compile(r"<[^<>]*>")
_KEY = re.compile(r"\bsk-[\w*-]{4,}|(?<=Bearer )\S+|\*{3,}\w+", re.IGNORECASE)
_WORD = re.compile(r"[a-z][a-z0-9_]{0,40}\Z")


class Fault(msgspec.Struct, frozen=True):
    """What an error body says: its message as sent, and its type and code when they are plain identifiers."""

    message: str = ""
    labels: tuple[str, ...] = ()


def rejected(status: int, body: bytes, retry_after: float | None = None) -> UpstreamError:
    """The error that `status` (not 200) with `body` means."""
    fault = read_fault(body)
    error = _by_status(status)
    if issubclass(error, RequestRefused) or error in (Forbidden, ServerError):
        error = _by_text(_BY_TEXT, fault) or error
    quote = excerpt(fault.message) if error is RequestRefused else ""
    if error is RateLimited and "balance" in fault.message.lower():
        quote = "the limit is low because the account's balance is low"
    return error(_detail(fault), status=status, retry_after=retry_after, excerpt=quote)


def error_in_stream(value: object) -> UpstreamError:
    """The error that an error object (or string) inside of a stream means."""
    fault = _fault_of(value)
    error = _by_text(_BY_TEXT, fault) or _by_text(_BY_WORD, fault) or ErrorInStream
    return error(_detail(fault), excerpt=excerpt(fault.message) if error in (ErrorInStream, RequestRefused) else "")


def not_a_stream(stray: bytes) -> UpstreamError | None:
    """What a body with status 200 that was no event stream says; None if it says nothing."""
    try:
        value = json.loads(stray)
    except (ValueError, RecursionError):
        value = None
    if isinstance(value, dict) and (value.get("error") or value.get("error_msg")):
        return error_in_stream(value)
    return Malformed("body=other") if stray.strip() else None


def read_fault(body: bytes) -> Fault:
    """`body` read as JSON whatever its content type says, else as text."""
    text = body.decode("utf-8", "replace")
    try:
        return _fault_of(json.loads(text))
    except (ValueError, RecursionError):
        return Fault(message=text)


def excerpt(text: str) -> str:
    """A short piece of `text` without tags, control characters and keys; plain text, never markup."""
    if "<" in text or "&" in text:
        text = _TAG.sub(" ", _SCRIPT.sub(" ", html.unescape(text[: 64 * EXCERPT]))).replace("<", " ").replace(">", " ")
    printable = "".join(letter if letter.isprintable() else " " for letter in text[: 4 * EXCERPT])
    words = _KEY.sub("********", " ".join(printable.split()))
    return words if len(words) <= EXCERPT else words[: EXCERPT - 1].rstrip() + CUT


def retry_after_seconds(value: str | None, now: datetime) -> float | None:
    """The Retry-After header, seconds or an HTTP date, as seconds from `now`; None if it says nothing."""
    if value is None:
        return None
    try:
        seconds = float(value)
    except ValueError:
        seconds = _seconds_until(value, now)
    return max(0.0, seconds) if seconds < 10**9 else None  # also drops inf and nan


def _seconds_until(value: str, now: datetime) -> float:
    try:
        moment = parsedate_to_datetime(value)
    except (ValueError, TypeError, OverflowError):
        return float("nan")
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() - now.timestamp()


def _by_status(status: int) -> type[Rejected]:
    if status >= 500:
        return _BY_STATUS.get(status, ServerError)
    return _BY_STATUS.get(status, RequestRefused if status >= 400 else GatewayError)


def _by_text(table: tuple[tuple[re.Pattern[str], type[Rejected]], ...], fault: Fault) -> type[Rejected] | None:
    said = " ".join((fault.message, *fault.labels)).lower()
    return next((error for pattern, error in table if pattern.search(said)), None)


def _detail(fault: Fault) -> str:
    """For the log: identifiers only, since messages may quote the prompt."""
    return f"labels={','.join(fault.labels)}" if fault.labels else ""


def _fault_of(value: object) -> Fault:
    # Gateways wrap errors into errors; a body can be nothing but wrappers.
    while isinstance(value, dict) and value.get("error") and isinstance(value["error"], dict | str):
        value = value["error"]
    if isinstance(value, str):
        return Fault(message=value)
    if not isinstance(value, dict):
        return Fault()
    words = (value.get(name) for name in ("message", "error_msg", "detail"))
    return Fault(message=next((word for word in words if isinstance(word, str) and word), ""), labels=_labels(value))


def _labels(value: dict[str, Any]) -> tuple[str, ...]:
    words = (value.get("type"), value.get("code"))
    return tuple(dict.fromkeys(word for word in words if isinstance(word, str) and _WORD.match(word)))
