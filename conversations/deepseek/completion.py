"""The state of one streamed answer: server-sent events in, events out, no input or output of its own."""

from __future__ import annotations

import json
from collections.abc import Iterable

from conversations.deepseek.chunks import Chunk, Delta, NotAChunk, ToolCallPiece, decode_chunk, label_of, text_of
from conversations.deepseek.ends import EndKind
from conversations.deepseek.errors import EmptyAnswer, Malformed, ProtocolLimit, Rejected, Truncated, UpstreamError
from conversations.deepseek.events import End, Event, LogprobsDelta, ReasoningDelta, TextDelta
from conversations.deepseek.logprobs import logprobs_from_wire
from conversations.deepseek.rejection import error_in_stream, not_a_stream
from conversations.deepseek.sse import ServerSentEvent
from conversations.deepseek.surrogates import SurrogateMender
from conversations.deepseek.think_tags import ThinkTags, ThinkTagSplitter
from conversations.deepseek.tool_calls import ToolCallMerger, TooManyCalls
from conversations.deepseek.usage import Usage, usage_from_wire
from conversations.deepseek.verdict import judge, note_on

MAX_ANSWER = 64 * 1024 * 1024  # bytes of text, reasoning and tool arguments together, in UTF-8


class CompletionState:
    """`receive()` takes the events of one network read and gives what they mean, neighbours merged.

    It ends by itself at the end marker or an error in the stream; else by `body_ended()` or `fail()`. After the `End`
    whatever comes is ignored. `visible` says whether any piece of the answer has come out.
    """

    def __init__(
        self, think_tags: ThinkTags = ThinkTags.NONE, *, logprobs: bool = False, continues: bool = False
    ) -> None:
        """`continues`: the question brought the beginning of the answer, of which nothing may be left to say."""
        self.ended: End | None = None
        self.visible = False
        self.upstream_id: str | None = None
        self.model: str | None = None
        self.usage: Usage | None = None
        self.finish_reason: str | None = None
        self._logprobs = logprobs  # they were asked for
        self._text = self._reasoning = False
        self._continues = continues
        self._size = 0
        self._tools = ToolCallMerger()
        self._splitter = ThinkTagSplitter(think_tags) if think_tags is not ThinkTags.NONE else None
        self._menders = SurrogateMender(), SurrogateMender()  # of text, of reasoning
        self._out: list[Event] = []
        self._run: list[str] = []  # pieces of the same kind, not yet an event
        self._run_is_reasoning = False

    def receive(self, messages: Iterable[ServerSentEvent]) -> list[Event]:
        try:
            for message in messages:
                if self.ended is not None:
                    break
                self._message(message)
        except NotAChunk:
            return self.fail(Malformed(f"data_bytes={len(message.data)}"))
        except TooManyCalls:
            return self.fail(ProtocolLimit("limit=tool_calls"))
        return self._take()

    def body_ended(self, cut_off: Iterable[ServerSentEvent], stray: bytes) -> list[Event]:
        """The body is over: `cut_off` lacked its blank line, `stray` was no event stream.

        An end marker or a whole chunk that lacks nothing but its blank line still counts.
        """
        for message in cut_off:
            try:
                self._message(message)
            except (NotAChunk, TooManyCalls):
                break
        if self.ended is not None:
            return self._take()
        error = self._why_cut(stray)
        self._fail(EndKind.upstream_error if isinstance(error, Rejected) else error.kind, error)
        return self._take()

    def fail(self, error: UpstreamError) -> list[Event]:
        """Ends the answer with `error`; what had come is kept and given out first."""
        self._fail(error.kind, error)
        return self._take()

    def _message(self, message: ServerSentEvent) -> None:
        data = message.data
        if not data.startswith(b"{"):
            data = data.strip()
            if not data or data.startswith(b":"):  # a comment that a proxy has wrapped
                return
            if data == b"[DONE]":
                self._end_marker()
                return
        if message.event == b"error":
            self._fail(EndKind.upstream_error, error_in_stream(_error_object(data)))
            return
        self._payload(data, message.event)

    def _payload(self, data: bytes, event: bytes) -> None:
        self._chunk(decode_chunk(data))

    def _chunk(self, chunk: Chunk) -> None:
        if chunk.error:
            self._fail(EndKind.upstream_error, error_in_stream(chunk.error))
            return
        if chunk.usage:
            self.usage = usage_from_wire(chunk.usage) or self.usage
        if self.model is None:
            self.model = label_of(chunk.model)
            self.upstream_id = self.upstream_id or label_of(chunk.id)
        for choice in chunk.choices or ():
            if choice.index:
                continue  # only one answer was asked for
            if choice.delta is not None:
                self._delta(choice.delta)
            elif choice.text:
                self._content(text_of(choice.text))
            if choice.logprobs is not None and self._logprobs:
                self._figures(choice.logprobs)
            if choice.finish_reason:
                self.finish_reason = label_of(choice.finish_reason) or "unreadable"

    def _delta(self, delta: Delta) -> None:
        # Gateways that fill two of these names fill them with the same text.
        reasoning = delta.reasoning_content or delta.reasoning or delta.thinking
        if reasoning:
            self._add(True, reasoning if type(reasoning) is str else text_of(reasoning))
        content = delta.content
        if content:
            self._content(content if type(content) is str else text_of(content))
        if delta.tool_calls:
            self._tool_calls(delta.tool_calls)

    def _figures(self, wire: object) -> None:
        logprobs = logprobs_from_wire(wire)
        self._flush()
        if logprobs is not None and self.ended is None:
            self._out.append(LogprobsDelta(logprobs))

    def _tool_calls(self, pieces: list[ToolCallPiece]) -> None:
        for position, piece in enumerate(pieces):
            event = self._tools.feed(piece, position)
            self._flush()
            if self.ended is None:
                self._out.append(event)
                self.visible = True
                self._grow(event.name + event.arguments)

    def _content(self, text: str) -> None:
        if self._splitter is None:
            self._add(False, text)
            return
        for is_reasoning, piece in self._splitter.feed(text):
            self._add(is_reasoning, piece)

    def _add(self, is_reasoning: bool, text: str) -> None:
        mender = self._menders[is_reasoning]
        if mender.held or not text.isascii():
            text = mender.feed(text)
        if not text:
            return
        if is_reasoning is not self._run_is_reasoning:
            self._flush()
            self._run_is_reasoning = is_reasoning
        if self.ended is None:  # the limit may have been reached
            self._run.append(text)

    def _flush(self) -> None:
        """Makes one event of the pieces gathered so far."""
        run = self._run
        if not run:
            return
        text = run[0] if len(run) == 1 else "".join(run)
        run.clear()
        self.visible = True
        if self._run_is_reasoning:
            self._reasoning = True
            self._out.append(ReasoningDelta(text))
        else:
            self._text = True
            self._out.append(TextDelta(text))
        self._grow(text)

    def _grow(self, text: str) -> None:
        self._size += len(text) if text.isascii() else len(text.encode())
        if self._size > MAX_ANSWER and self.ended is None:
            self._end(EndKind.malformed, ProtocolLimit("limit=answer", partial=True))

    def _flush_held(self) -> None:
        for is_reasoning, piece in self._splitter.finish() if self._splitter else ():
            self._add(is_reasoning, piece)
        for is_reasoning in (True, False):
            self._add(is_reasoning, self._menders[is_reasoning].finish())
        self._flush()

    def _take(self) -> list[Event]:
        """What has come out since the last time."""
        self._flush()
        out, self._out = self._out, []
        return out

    def _end_marker(self) -> None:
        self._done()

    def _done(self) -> None:
        self._flush_held()
        calls = bool(self._tools)
        text = self._text or (self._continues and self.finish_reason == "stop")
        verdict = judge(self.finish_reason, text=text, reasoning=self._reasoning, calls=calls)
        if isinstance(verdict, UpstreamError):
            self._end(verdict.kind, verdict)
        else:
            self._end(verdict, None)

    def _fail(self, kind: EndKind, error: UpstreamError) -> None:
        self._flush_held()
        error.partial = self._partial()
        self._end(kind, error)

    def _why_cut(self, stray: bytes) -> UpstreamError:
        if self._partial() or self.upstream_id or self.finish_reason:
            return Truncated(f"finish_reason={'yes' if self.finish_reason else 'no'}")
        return not_a_stream(stray) or EmptyAnswer("body=empty")

    def _partial(self) -> bool:
        return self.visible or bool(self._run)

    def _end(self, kind: EndKind, error: UpstreamError | None) -> None:
        if self.ended is not None:
            return
        self.ended = End(
            kind=kind,
            finish_reason=self.finish_reason,
            error=error,
            usage=self.usage,
            model=self.model,
            tool_calls=self._tools.calls() if kind is EndKind.tool_calls else (),
            note=note_on(kind, text=self._text),
        )
        self._out.append(self.ended)


def _error_object(data: bytes) -> object:
    """The data of an `event: error`, whatever shape it has."""
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        return data.decode("utf-8", "replace")
