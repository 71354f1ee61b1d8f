from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conversations.deepseek.errors import Malformed, UpstreamError
from conversations.deepseek.rejection import (
    EXCERPT,
    excerpt,
    not_a_stream,
    read_fault,
    rejected,
    retry_after_seconds,
)

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


def body(message: str, kind: str = "invalid_request_error") -> bytes:
    return json.dumps({"error": {"message": message, "type": kind, "param": None, "code": kind}}).encode()


CASES = [
    (400, body("Failed to deserialize the JSON body into the target type: x at line 1 column 5"), "invalid_request"),
    (400, body("The supported API model names are deepseek-flash, but you passed X."), "unknown_model"),
    (400, body("This model's maximum context length is 1048565 tokens. However, you requested"), "context_overflow"),
    (400, body("Content Exists Risk"), "moderation"),
    (400, b'{"detail":"Content Exists Risk"}', "moderation"),
    (400, body("Insufficient Balance"), "balance_exhausted"),
    (401, b"Authentication Fails (governor)", "authentication"),
    (402, body("Insufficient Balance", "unknown_error"), "balance_exhausted"),
    (403, b"", "forbidden"),
    (403, body("insufficient_balance"), "balance_exhausted"),
    (404, b'{"event_id":"1","error_msg":"Not Found. Please check the configuration."}', "not_found"),
    (408, b"", "gateway_error"),
    (413, b"<html><h1>413</h1></html>", "invalid_request"),
    (418, b"", "invalid_request"),
    (422, body("bad"), "invalid_request"),
    (429, body("Too many requests.", "rate_limit_error"), "rate_limited"),
    (500, b"", "server_error"),
    (500, body("maximum context length"), "context_overflow"),
    (502, b"<html>bad gateway</html>", "gateway_error"),
    (503, body("Service is too busy.", "service_unavailable_error"), "overloaded"),
    (504, b"", "gateway_error"),
    (520, b"", "server_error"),
    (302, b"", "gateway_error"),
    (204, b"", "gateway_error"),
]


@pytest.mark.parametrize(("status", "content", "code"), CASES)
def test_statuses_and_texts(status: int, content: bytes, code: str) -> None:
    error = rejected(status, content)
    assert (error.code, error.status) == (code, status)
    assert "<" not in error.person


def test_only_transient_refusals_are_asked_again() -> None:
    again = {rejected(status, content).code for status, content, _ in CASES if rejected(status, content).retryable}
    assert again == {"rate_limited", "overloaded", "server_error", "gateway_error"}


def test_the_log_has_labels_and_no_words() -> None:
    error = rejected(400, body("unknown role: my private prompt"))
    assert error.log == "invalid_request status=400 labels=invalid_request_error"
    assert "my private prompt" in error.person
    assert rejected(400, b'{"error":{"message":"x","type":"My Prompt","code":7}}').log == "invalid_request status=400"


def test_a_limit_that_is_low_because_of_the_balance_is_told() -> None:
    error = rejected(429, body("exceeds your concurrency limit of 25 based on your remaining balance"))
    assert "balance is low" in error.person


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b'{"error":"boom"}', "boom"),
        (b'{"error":{"error":"boom"}}', "boom"),
        (b'{"error":{}, "message":"boom"}', "boom"),
        (b'{"error":7, "detail":"boom"}', "boom"),
        (b'"boom"', "boom"),
        (b"[1]", ""),
        (b"{}", ""),
        (b"boom \xff", "boom \ufffd"),
        (b"[" * 100_000, "[" * 100_000),
    ],
)
def test_shapes_of_error_bodies(content: bytes, message: str) -> None:
    assert read_fault(content).message == message


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        ("plain", "plain"),
        ("<h1>Busy</h1> <script>alert(1)</script>now", "Busy now"),
        ("<script>never closed", ""),
        ("&lt;b&gt;x&lt;/b&gt; &amp; y", "x & y"),
        ("a < b", "a b"),
        ("a\n\tb\x00c", "a b c"),
        ("key sk-0123456789abcdef refused", "key ******** refused"),
        ("Authorization: Bearer abc.def", "Authorization: Bearer ********"),
        ("Your api key: ****abcd is invalid", "Your api key: ******** is invalid"),
        ("x" * 500, "x" * (EXCERPT - 1) + "…"),
    ],
)
def test_excerpts_are_short_plain_and_without_keys(words: str, shown: str) -> None:
    assert excerpt(words) == shown


@given(st.text())
def test_an_excerpt_never_holds_markup(words: str) -> None:
    shown = excerpt(words)
    assert len(shown) <= EXCERPT
    assert "<" not in shown
    assert shown.isprintable()


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        (None, None),
        ("3", 3.0),
        ("0.5", 0.5),
        ("-5", 0.0),
        ("inf", None),
        ("nan", None),
        ("soon", None),
        ("", None),
        ("Sat, 21 Nov 2026 12:00:30 GMT", 30.0),
        ("Sat, 21 Nov 2026 12:00:30 -0000", 30.0),
        ("Sat, 21 Nov 2026 11:00:00 GMT", 0.0),
        ("Sat, 99 Nov 2026 11:00:00 GMT", None),
    ],
)
def test_retry_after(value: str | None, seconds: float | None) -> None:
    assert retry_after_seconds(value, NOW) == seconds


def test_a_body_that_is_no_stream() -> None:
    assert not_a_stream(b" \n") is None
    assert isinstance(not_a_stream(b"<html>"), Malformed)
    assert isinstance(not_a_stream(b"[" * 100_000), Malformed)
    assert isinstance(not_a_stream(b"[]"), Malformed)
    error = not_a_stream(b'{"error_msg":"Insufficient Balance"}')
    assert error is not None
    assert error.code == "balance_exhausted"


@given(st.integers(200, 599), st.binary(max_size=80) | st.text(max_size=40).map(lambda words: body(words)))
def test_any_body_gives_an_error_with_two_texts(status: int, content: bytes) -> None:
    error = rejected(status, content)
    assert isinstance(error, UpstreamError)
    assert error.person
    assert error.log
