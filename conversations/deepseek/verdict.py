"""What the end of an answer means, from its finish_reason and from what had come."""

from __future__ import annotations

from conversations.deepseek.ends import EndKind
from conversations.deepseek.errors import (
    Aborted,
    ContentFilter,
    EmptyAnswer,
    OutOfCapacity,
    ReasoningOnly,
    UnknownReason,
    UpstreamError,
)
from conversations.deepseek.rejection import excerpt

_FAILED: dict[str, type[UpstreamError]] = {
    "content_filter": ContentFilter,
    "insufficient_system_resource": OutOfCapacity,
    "aborted": Aborted,
}

LENGTH_NOTE = "The answer reached the length limit. What there is of it is kept; continue it, or raise the limit."
LENGTH_OF_THOUGHT_NOTE = (
    "The length limit was used up by thinking; there is no answer yet. Your message is kept; "
    "raise the limit or lower the effort, and try again."
)
TOOLS_NOTE = "The model asked for tools to be run. What it had written is kept."


def judge(reason: str | None, *, text: bool, reasoning: bool, calls: bool) -> EndKind | UpstreamError:
    """The kind of a good end, or the error of a bad one.

    `reason`: the finish_reason, None counts as "stop". The flags say whether any of it had come.
    """
    partial = text or reasoning or calls
    if reason == "length":
        return EndKind.length
    if reason in _FAILED:
        return _FAILED[reason](partial=partial)
    if reason not in (None, "stop", "tool_calls"):
        return UnknownReason(excerpt=excerpt(reason), partial=partial)
    if calls and reason == "tool_calls":
        return EndKind.tool_calls
    if text or calls:
        return EndKind.complete
    return ReasoningOnly(partial=True) if reasoning else EmptyAnswer()


def note_on(kind: EndKind, *, text: bool) -> str:
    """What the person should know about an end that is no error."""
    if kind is EndKind.length:
        return LENGTH_NOTE if text else LENGTH_OF_THOUGHT_NOTE
    return TOOLS_NOTE if kind is EndKind.tool_calls else ""
