"""HTTP errors with the bodies and the odd content types that the API answers with.

Texts marked [recorded] are the API's own; the others are worded after them, because no recording is known.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import msgspec

JSON = "application/json"
OCTETS = "application/octet-stream"
HTML = "text/html"
TEXT = "text/plain; charset=utf-8"


@dataclass(frozen=True)
class Refusal:
    """An answer that is an error. `content_type` None sends no such header at all."""

    status: int
    body: bytes
    content_type: str | None = JSON
    headers: dict[str, str] = field(default_factory=dict)


class RefusedError(Exception):
    """Raised where a request is found to be wrong."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.status)
        self.refusal = refusal


def envelope(
    status: int, message: str, kind: str, code: str, *, content_type: str = JSON, headers: dict[str, str] | None = None
) -> Refusal:
    """The usual error body."""
    error = {"message": message, "type": kind, "param": None, "code": code}
    return Refusal(status, msgspec.json.encode({"error": error}), content_type, headers or {})


def invalid(message: str, *, status: int = 400) -> Refusal:
    """A request that was understood and refused: JSON that calls itself octets [recorded]."""
    return envelope(status, message, "invalid_request_error", "invalid_request_error", content_type=OCTETS)


def undecodable(detail: str, column: int) -> Refusal:
    """A body that does not have the shape of a request [recorded]. The column is where reading stopped."""
    message = f"Failed to deserialize the JSON body into the target type: {detail} at line 1 column {column}"
    return envelope(400, message, "invalid_request_error", "invalid_request_error")


def unauthenticated(message: str) -> Refusal:
    return envelope(401, message, "authentication_error", "invalid_request_error")


NO_KEY = Refusal(401, b"Authentication Fails (governor)", None)
"""Authorization header missing or blank [recorded]."""
MALFORMED_KEY = unauthenticated("Authentication Fails (auth header format should be Bearer sk-...)")

NO_BALANCE = envelope(402, "Insufficient Balance", "unknown_error", "invalid_request_error")
NOT_FOUND = Refusal(
    404, msgspec.json.encode({"event_id": "simulated", "error_msg": "Not Found. Please check the configuration."})
)
TOO_LARGE = invalid("Request body is too large", status=413)
UNPROCESSABLE = invalid("Invalid parameters", status=422)
MODERATION = invalid("Content Exists Risk")
CONCURRENCY = envelope(
    429,
    "Too many requests. Your current concurrency is 26, which exceeds your concurrency limit of 25 based on your "
    "remaining balance. Please top up your balance to restore your concurrency.",
    "rate_limit_error",
    "invalid_request_error",
)
SERVER_ERROR = envelope(500, "Internal Server Error", "server_error", "server_error")
BUSY = envelope(
    503,
    "Service is too busy. We advise users to temporarily switch to alternative LLM API service providers.",
    "service_unavailable_error",
    "service_unavailable_error",
)


def wrong_key(key: str) -> Refusal:
    """A key that is not the expected one; only its last four characters are shown, as the API does [recorded]."""
    return unauthenticated(f"Authentication Fails, Your api key: ****{key[-4:]} is invalid")


def throughput(retry_after: str | None = None) -> Refusal:
    """A 429 for throughput; with `Retry-After` (seconds) if given, which the real API is not known to send."""
    headers = {"Retry-After": retry_after} if retry_after is not None else {}
    message = "Rate limit reached for TPM. Please slow down and try again later."
    return envelope(429, message, "rate_limit_error", "invalid_request_error", headers=headers)


def gateway_page(status: int, reason: str) -> Refusal:
    """What a proxy in front of the API shows when the API does not answer it."""
    return Refusal(status, page(f"{status} {reason}"), HTML)


def page(title: str) -> bytes:
    return (
        f"<html>\r\n<head><title>{title}</title></head>\r\n<body>\r\n<center><h1>{title}</h1></center>\r\n"
        "<hr><center>openresty</center>\r\n</body>\r\n</html>\r\n"
    ).encode()


def context_overflow(limit: int, prompt: int, completion: int) -> Refusal:
    return invalid(
        f"This model's maximum context length is {limit} tokens. However, you requested {prompt + completion} tokens "
        f"({prompt} in the messages, {completion} in the completion). Please reduce the length of the messages or "
        "completion."
    )


def out_of_range(name: str, interval: str) -> Refusal:
    return invalid(f"Invalid {name} value, the valid range of {name} is {interval}")
