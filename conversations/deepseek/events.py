"""What a stream yields. Events are frozen; exactly one `End` comes, and it comes last."""

from __future__ import annotations

import msgspec

from conversations.deepseek.calls import FIRST
from conversations.deepseek.ends import EndKind
from conversations.deepseek.errors import UpstreamError
from conversations.deepseek.logprobs import Logprobs
from conversations.deepseek.messages import ToolCall
from conversations.deepseek.usage import Usage


class ReasoningDelta(msgspec.Struct, frozen=True, gc=False):
    """New reasoning text, never empty."""

    text: str

    def __repr__(self) -> str:
        return f"<ReasoningDelta characters={len(self.text)}>"


class TextDelta(msgspec.Struct, frozen=True, gc=False):
    """New answer text, never empty."""

    text: str

    def __repr__(self) -> str:
        return f"<TextDelta characters={len(self.text)}>"


class ToolCallDelta(msgspec.Struct, frozen=True, gc=False):
    """A fragment of the tool call number `index`. `id` and `name` are set on its first fragment only.

    For display: a tool is run from `End.tool_calls`, never from fragments.
    """

    index: int
    id: str
    name: str
    arguments: str

    def __repr__(self) -> str:
        return f"<ToolCallDelta characters={len(self.arguments)}>"


class LogprobsDelta(msgspec.Struct, frozen=True, gc=False):
    """Log-probabilities of what came right before it; only for requests that ask for them."""

    logprobs: Logprobs


class Queued(msgspec.Struct, frozen=True):
    """The call waits for its turn: `position` 1 is the next one. 0 comes after such a wait: the call begins."""

    position: int


class RetryScheduled(msgspec.Struct, frozen=True):
    """Nothing had been shown when call number `attempt - 1` failed; call `attempt` starts in `delay` seconds.

    `upstream`: the name of the other upstream that is asked next; empty: the same one.
    """

    attempt: int
    delay: float
    error: UpstreamError
    upstream: str = ""

    @property
    def person(self) -> str:
        brief = self.error.named(self.error.brief)
        then = f"asking {self.upstream}" if self.upstream else f"trying again in {max(1, round(self.delay))} s"
        return f"{brief[0].upper()}{brief[1:]}, {then}."


class End(msgspec.Struct, frozen=True):
    """The end of the answer.

    `error` is None for complete, length and tool_calls only. `usage` and `model` (the one that really served) are None
    when the upstream did not say. `tool_calls` holds whole calls, for `kind` tool_calls only. `note` is what the
    person should know about an end without an error. `upstream` names who served the answer.
    """

    kind: EndKind
    finish_reason: str | None = None
    error: UpstreamError | None = None
    usage: Usage | None = None
    model: str | None = None
    tool_calls: tuple[ToolCall, ...] = ()
    note: str = ""
    upstream: str = FIRST

    @property
    def person(self) -> str:
        """What happened, what was kept, what to do next; empty for a complete answer."""
        return self.error.person if self.error is not None else self.note

    @property
    def log(self) -> str:
        return self.error.log if self.error is not None else str(self.kind)


Event = ReasoningDelta | TextDelta | ToolCallDelta | LogprobsDelta | Queued | RetryScheduled | End
