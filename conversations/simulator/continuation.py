"""What is left of an answer: after a prefix, and before the token limit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from .answers import Answer, Call
from .catalogue import CONTEXT_TOKENS, DEFAULT_OUTPUT_TOKENS
from .schema import ChatRequest
from .tokens import first_tokens, token_count

FinishReason = Literal["stop", "length", "tool_calls"]


@dataclass(frozen=True, slots=True)
class Output:
    """What a response delivers. `thinks` says whether the reasoning key appears at all."""

    thinks: bool
    reasoning: str
    content: str
    calls: tuple[Call, ...]
    finish_reason: str
    reasoning_tokens: int
    completion_tokens: int


def remainder(answer: Answer, request: ChatRequest) -> Answer:
    """The answer after the request's prefix.

    Given content ends the thinking: only the rest of the content comes. Given reasoning alone is continued, and the
    whole content follows. A prefix that the answer does not begin with is answered with one sentence that says where
    the two part.
    """
    prefix = request.prefix
    if prefix is None:
        return answer
    begun, thought = prefix.content or "", prefix.reasoning_content or ""
    if thought and request.thinks and not answer.reasoning.startswith(thought):
        return Answer("", mismatch("reasoning", answer.reasoning, thought))
    if not answer.content.startswith(begun):
        return Answer("", mismatch("content", answer.content, begun))
    reasoning = "" if begun else answer.reasoning[len(thought) :]
    return Answer(reasoning, answer.content[len(begun) :], answer.calls)


def mismatch(what: str, expected: str, given: str) -> str:
    """The sentence for a prefix that does not belong to the answer."""
    pairs = zip(expected, given, strict=False)
    place = next((index for index, (one, other) in enumerate(pairs) if one != other), min(len(expected), len(given)))
    return f"[simulator: the prefix is not the beginning of this answer; its {what} differs at character {place}]"


def limited(answer: Answer, request: ChatRequest, prompt_tokens: int) -> Output:
    """The answer as far as the token limit lets it: reasoning first, then content, then calls."""
    limit = output_limit(request, prompt_tokens)
    thought = token_count(answer.reasoning)
    said = token_count(answer.content)
    called = sum(token_count(call.arguments) + 1 for call in answer.calls)
    if thought + said + called <= limit:
        finish: FinishReason = "tool_calls" if answer.calls else "stop"
        return Output(
            request.thinks, answer.reasoning, answer.content, answer.calls, finish, thought, thought + said + called
        )
    reasoning, content = first_tokens(answer.reasoning, limit), first_tokens(answer.content, max(0, limit - thought))
    return Output(request.thinks, reasoning, content, (), "length", min(thought, limit), limit)


def output_limit(request: ChatRequest, prompt_tokens: int) -> int:
    """Output tokens that a request allows: its own limit or the default, and never beyond the context."""
    default = DEFAULT_OUTPUT_TOKENS[request.effort if request.thinks else "off"]
    return max(1, min(request.max_tokens or default, CONTEXT_TOKENS - prompt_tokens))
