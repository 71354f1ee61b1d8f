"""An answer that comes in one piece."""

from __future__ import annotations

import msgspec

from conversations.deepseek.calls import CallRecord
from conversations.deepseek.chunks import Choice, Chunk, Delta, NotAChunk, decode_chunk, label_of, text_of
from conversations.deepseek.ends import EndKind
from conversations.deepseek.errors import EmptyAnswer, Malformed, UpstreamError
from conversations.deepseek.logprobs import Logprobs, logprobs_from_wire
from conversations.deepseek.messages import ToolCall
from conversations.deepseek.rejection import error_in_stream, not_a_stream
from conversations.deepseek.surrogates import encodable
from conversations.deepseek.think_tags import ThinkTags, ThinkTagSplitter
from conversations.deepseek.tool_calls import ToolCallMerger, TooManyCalls
from conversations.deepseek.usage import Usage, usage_from_wire
from conversations.deepseek.verdict import judge


class Completion(msgspec.Struct, frozen=True):
    """A whole answer. `kind` is complete, length or tool_calls; everything else is an error.

    `model` is the one that really served. `logprobs` are there when they were asked for.
    """

    text: str
    reasoning: str
    finish_reason: str | None
    usage: Usage | None
    model: str | None
    calls: list[CallRecord]
    kind: EndKind = EndKind.complete
    tool_calls: tuple[ToolCall, ...] = ()
    logprobs: Logprobs | None = None
    upstream_id: str | None = None

    def __repr__(self) -> str:
        return f"<Completion {self.kind} characters={len(self.text)}>"


def completion_from_wire(
    body: bytes, calls: list[CallRecord], think_tags: ThinkTags = ThinkTags.NONE
) -> tuple[Completion, UpstreamError | None]:
    """What the body of a plain call holds, and what is wrong with it. Blank lines before the JSON are keep-alives.

    Raises UpstreamError when there is nothing to read.
    """
    trimmed = body.strip()
    if not trimmed:
        raise EmptyAnswer("body=empty")
    try:
        chunk = decode_chunk(trimmed)
    except NotAChunk:
        raise unreadable(trimmed) from None
    if chunk.error:
        raise error_in_stream(chunk.error)
    return read_chunk(chunk, calls, think_tags)


def read_chunk(chunk: Chunk, calls: list[CallRecord], think_tags: ThinkTags) -> tuple[Completion, UpstreamError | None]:
    """A whole answer that came as one chunk, and what is wrong with it. Raises Malformed."""
    try:
        return _read(chunk, calls, think_tags)
    except (NotAChunk, TooManyCalls):
        raise Malformed("body=completion") from None


def unreadable(body: bytes) -> UpstreamError:
    """JSON that was cut short counts as no answer, which may be asked for again."""
    if body.startswith(b"{") and not body.endswith(b"}"):
        return EmptyAnswer("body=cut")
    return not_a_stream(body) or Malformed("body=completion")


def _read(chunk: Chunk, calls: list[CallRecord], think_tags: ThinkTags) -> tuple[Completion, UpstreamError | None]:
    choice = next(iter(chunk.choices or ()), None) or Choice()
    message = choice.message or Delta(content=choice.text)
    reasoning = encodable(text_of(message.reasoning_content or message.reasoning or message.thinking))
    text = encodable(text_of(message.content))
    if think_tags is not ThinkTags.NONE:
        reasoning, text = _split(text, reasoning, think_tags)
    merger = ToolCallMerger()
    for position, piece in enumerate(message.tool_calls or ()):
        merger.feed(piece, position)
    reason = label_of(choice.finish_reason)
    verdict = judge(reason, text=bool(text), reasoning=bool(reasoning), calls=bool(merger))
    completion = Completion(
        text=text,
        reasoning=reasoning,
        finish_reason=reason,
        usage=usage_from_wire(chunk.usage),
        model=label_of(chunk.model),
        calls=calls,
        kind=verdict.kind if isinstance(verdict, UpstreamError) else verdict,
        tool_calls=merger.calls() if verdict is EndKind.tool_calls else (),
        logprobs=logprobs_from_wire(choice.logprobs),
        upstream_id=label_of(chunk.id),
    )
    return completion, verdict if isinstance(verdict, UpstreamError) else None


def _split(text: str, reasoning: str, think_tags: ThinkTags) -> tuple[str, str]:
    splitter = ThinkTagSplitter(think_tags)
    pairs = [*splitter.feed(text), *splitter.finish()]
    return (
        reasoning + "".join(piece for is_reasoning, piece in pairs if is_reasoning),
        "".join(piece for is_reasoning, piece in pairs if not is_reasoning),
    )
