"""Posts alerts to the webhook that the operator has named."""

from __future__ import annotations

import hashlib
import hmac

import httpx
import msgspec

from conversations.services.alert_letter import Letter

_PATIENCE = 10.0
"""Seconds for one post."""


class NotDelivered(Exception):
    """The webhook did not take it. The text names no address, which may hold a secret."""


def payload(letter: Letter) -> bytes:
    """The JSON of an alert. `text` is what chat services show; the other fields are for programs."""
    return msgspec.json.encode(
        {
            "id": letter.id,
            "news": letter.news,
            "kind": letter.kind,
            "key": letter.key,
            "at": letter.at,
            "facts": letter.facts,
            "text": f"{letter.subject}\n{letter.body}",
        }
    )


def signature(secret: str, body: bytes) -> str:
    """The value of `X-Chatsite-Signature`: `sha256=` and the HMAC-SHA256 of the body by the secret, in hex."""
    return f"sha256={hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()}"


def post(url: str, secret: str, letter: Letter) -> None:
    """Post one alert. Raises `NotDelivered` unless the answer is a 2xx; redirects are not followed.

    For a thread: loading what TLS trusts would hold up an event loop.
    """
    body = payload(letter)
    headers = {"Content-Type": "application/json", "User-Agent": "chatsite", "X-Chatsite-Delivery": letter.id}
    if secret:
        headers["X-Chatsite-Signature"] = signature(secret, body)
    try:
        with httpx.Client(timeout=_PATIENCE, follow_redirects=False) as client:
            answer = client.post(url, content=body, headers=headers)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise NotDelivered(type(error).__name__) from None
    if not answer.is_success:
        raise NotDelivered(f"status {answer.status_code}")
