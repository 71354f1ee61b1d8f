from __future__ import annotations

import aiohttp
import httpx
import pytest

from conversations.deepseek import errors
from conversations.deepseek.border import FOREIGN, MEANING, translate
from conversations.deepseek.ends import EndKind
from conversations.deepseek.errors import (
    ConnectionReset,
    EmptyAnswer,
    InvalidRequest,
    Malformed,
    Overloaded,
    Rejected,
    Stalled,
    Unreachable,
    UpstreamError,
)


def tree(base: type[UpstreamError] = UpstreamError) -> list[type[UpstreamError]]:
    return [base, *(found for child in base.__subclasses__() for found in tree(child))]


def test_the_drawing_names_every_error() -> None:
    drawing = errors.__doc__ or ""
    for error in tree():
        assert error.__name__ in drawing


def test_every_bad_end_has_an_error() -> None:
    good = {EndKind.complete, EndKind.length, EndKind.tool_calls}
    assert {error.kind for error in tree()} == set(EndKind) - good


@pytest.mark.parametrize("error", [error for error in tree() if error is not InvalidRequest])
def test_every_error_says_what_happened_what_was_kept_and_what_to_do(error: type[UpstreamError]) -> None:
    lost, kept = error(), error(partial=True)
    assert lost.person == f"{error.happened} {errors.KEPT_QUESTION} {error.next_step}"
    assert errors.KEPT_TEXT in kept.person
    assert lost.log == error.code == str(lost)
    assert repr(lost) == f"<{error.__name__}: {error.code}>"
    assert error.happened.endswith(".")
    assert error.next_step.endswith(".")


def test_codes_are_stable_words() -> None:
    assert all(error.code.replace("_", "").isalpha() and error.code.islower() for error in tree())
    assert not any(error.permanent and error.retryable for error in tree())


def test_the_person_learns_how_long_to_wait() -> None:
    assert "to wait 31 s" in Overloaded(retry_after=30.6).person
    assert "to wait 1 s" in Overloaded(retry_after=0).person


def test_the_log_has_status_and_detail_but_not_the_words_of_the_upstream() -> None:
    error = errors.RequestRefused("labels=x", status=400, excerpt="quotes the prompt")
    assert error.log == "invalid_request status=400 labels=x"
    assert "It said: “quotes the prompt”." in error.person


def test_an_invalid_request_names_field_and_range() -> None:
    error = InvalidRequest("temperature", "a number from 0 to 2")
    assert (error.field, error.allowed) == ("temperature", "a number from 0 to 2")
    assert error.person.startswith("“temperature” must be a number from 0 to 2.")
    assert "Nothing was sent" in error.person


def httpx_errors() -> list[type[Exception]]:
    values = (getattr(httpx, name) for name in httpx.__all__)
    return [value for value in values if isinstance(value, type) and issubclass(value, Exception)]


def made(error: type[Exception]) -> Exception:
    if issubclass(error, httpx.HTTPStatusError):
        request = httpx.Request("GET", "http://x")
        return error("no", request=request, response=httpx.Response(400))
    if error in (httpx.StreamConsumed, httpx.StreamClosed, httpx.ResponseNotRead, httpx.RequestNotRead):
        return error()
    return error("no")


@pytest.mark.parametrize("error", httpx_errors())
def test_every_error_of_httpx_is_mapped(error: type[Exception]) -> None:
    assert error in MEANING
    assert isinstance(made(error), FOREIGN)
    assert isinstance(translate(made(error), sent=True), UpstreamError)


def test_there_are_errors_to_map() -> None:
    assert len(httpx_errors()) > 20


@pytest.mark.parametrize(
    ("error", "sent", "meaning"),
    [
        (httpx.ConnectTimeout("x"), False, Unreachable),
        (httpx.ConnectTimeout("x"), True, ConnectionReset),  # how the aiohttp transport reports a lost connection
        (httpx.ReadError("x"), True, ConnectionReset),
        (httpx.ReadTimeout("x"), True, Stalled),
        (httpx.DecodingError("x"), True, Malformed),
        (ConnectionResetError(), True, ConnectionReset),
        (OSError(), False, Unreachable),
        (aiohttp.ClientPayloadError(), True, ConnectionReset),
    ],
)
def test_meanings(error: Exception, sent: bool, meaning: type[UpstreamError]) -> None:
    assert type(translate(error, sent=sent)) is meaning


def test_the_cause_is_logged_by_name_only() -> None:
    error = httpx.ConnectError("http://secret.example")
    error.__cause__ = OSError("secret")
    assert translate(error, sent=False).log == "unreachable cause=ConnectError/OSError"
    assert translate(OSError("secret"), sent=False).log == "unreachable cause=OSError"


def test_only_rejections_carry_a_status_by_nature() -> None:
    assert issubclass(Overloaded, Rejected)
    assert EmptyAnswer().status is None
