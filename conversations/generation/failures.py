"""Why answers fail, in words for the person who reads them. The database keeps the code alone."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext, gettext_noop

from conversations.deepseek import RetryScheduled, UpstreamError
from conversations.deepseek.calls import FIRST
from conversations.deepseek.errors import KEPT_QUESTION, KEPT_TEXT

_OWN = {
    "interrupted": (
        gettext_noop("The server was interrupted several times while it wrote this answer, and gave up."),
        gettext_noop("Try again."),
    ),
    "server_fault": (
        gettext_noop("Something went wrong on the server; its administrators find the details in the log."),
        gettext_noop("Try again."),
    ),
}


def _classes(base: type[UpstreamError]) -> list[type[UpstreamError]]:
    return [base, *(each for child in base.__subclasses__() for each in _classes(child))]


_UPSTREAM: dict[str, type[UpstreamError]] = {}
for _each in _classes(UpstreamError):
    _UPSTREAM.setdefault(_each.code, _each)


def describe(code: str, *, partial: bool, upstream: str = "") -> dict[str, Any] | None:
    """`{"code", "message", "retryable"}` for a stored code, None for the empty one.

    `partial`: part of the answer had arrived. `upstream`: who failed, by the ledger's name; empty: DeepSeek. The
    message says what happened, what was kept, and what to do next, in the language of whom it is for.
    """
    if not code:
        return None
    kept = gettext(KEPT_TEXT if partial else KEPT_QUESTION)
    if code in _OWN:
        happened, next_step = _OWN[code]
        return {"code": code, "message": f"{gettext(happened)} {kept} {gettext(next_step)}", "retryable": True}
    known = _UPSTREAM.get(code, UpstreamError)
    message = f"{gettext(known.happened)} {kept} {gettext(known.next_step)}"
    if upstream not in ("", FIRST):
        message = message.replace("DeepSeek", upstream)
    return {"code": code, "message": message, "retryable": not known.permanent}


def brief(code: str) -> str:
    """A stored code in a few words, for an administrator, in the current language."""
    if code in _OWN:
        return gettext(_OWN[code][0])
    text = gettext(_UPSTREAM.get(code, UpstreamError).brief)
    return f"{text[0].upper()}{text[1:]}"


def retrying(event: RetryScheduled) -> str:
    """That nothing is lost yet: why the client asks again, and when or whom."""
    brief = event.error.named(gettext(event.error.brief))
    problem = f"{brief[0].upper()}{brief[1:]}"
    if event.upstream:
        return gettext("{problem}, asking {upstream}.").format(problem=problem, upstream=event.upstream)
    seconds = max(1, round(event.delay))
    return gettext("{problem}, trying again in {seconds} s.").format(problem=problem, seconds=seconds)
