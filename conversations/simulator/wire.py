"""Responses in bytes: the chunks of a stream as the API writes them, and the body of a call that does not stream.

What does not change from chunk to chunk is encoded once for each response.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import msgspec

from .answers import Call
from .continuation import Output
from .prompt_cache import PromptTokens
from .tokens import pieces

DONE = b"data: [DONE]\n\n"
FINGERPRINT = "fp_simulator"

_encode = msgspec.json.Encoder().encode


@dataclass(frozen=True, slots=True)
class Identity:
    """What all chunks of one response repeat. `created` is in Unix seconds."""

    id: str
    created: int
    model: str


def usage_of(output: Output, prompt: PromptTokens) -> dict[str, Any]:
    """The `usage` object; the reasoning detail is there in thinking mode only."""
    usage: dict[str, Any] = {
        "prompt_tokens": prompt.total,
        "completion_tokens": output.completion_tokens,
        "total_tokens": prompt.total + output.completion_tokens,
        "prompt_tokens_details": {"cached_tokens": prompt.cached},
    }
    if output.thinks:
        usage["completion_tokens_details"] = {"reasoning_tokens": output.reasoning_tokens}
    usage["prompt_cache_hit_tokens"] = prompt.cached
    usage["prompt_cache_miss_tokens"] = prompt.total - prompt.cached
    return usage


def event(payload: object) -> bytes:
    """One server-sent event."""
    return b"data: " + _encode(payload) + b"\n\n"


class Chunks:
    """Encodes the chunks of one stream. `include_usage` puts `usage: null` into all but the last."""

    def __init__(self, identity: Identity, *, thinks: bool, include_usage: bool) -> None:
        self._head = {
            "id": identity.id,
            "object": "chat.completion.chunk",
            "created": identity.created,
            "model": identity.model,
            "system_fingerprint": FINGERPRINT,
        }
        self._thinks = thinks
        self._before = b"data: " + _encode(self._head)[:-1] + b',"choices":[{"index":0,"delta":'
        self._after = (
            b',"logprobs":null,"finish_reason":null}]' + (b',"usage":null' if include_usage else b"") + b"}\n\n"
        )
        self._before_content = self._before + b'{"content":'
        self._after_content = (b',"reasoning_content":null}' if thinks else b"}") + self._after
        self._before_reasoning = self._before + b'{"content":null,"reasoning_content":'
        self._after_reasoning = b"}" + self._after

    def opening(self) -> bytes:
        """The first chunk: the role, and in thinking mode an empty piece of reasoning."""
        text = {"content": None, "reasoning_content": ""} if self._thinks else {"content": ""}
        return self.delta({"role": "assistant", **text})

    def content(self, text: str) -> bytes:
        return self._before_content + _encode(text) + self._after_content

    def reasoning(self, text: str) -> bytes:
        return self._before_reasoning + _encode(text) + self._after_reasoning

    def delta(self, delta: dict[str, Any]) -> bytes:
        return self._before + _encode(delta) + self._after

    def call(self, index: int, call: Call) -> Iterator[bytes]:
        """One tool call: name and id once, then its arguments in pieces."""
        function = {"name": call.name, "arguments": ""}
        yield self.delta({"tool_calls": [{"index": index, "id": call.id, "type": "function", "function": function}]})
        for piece in pieces(call.arguments):
            yield self.delta({"tool_calls": [{"index": index, "function": {"arguments": piece}}]})

    def closing(self, finish_reason: str | None, usage: dict[str, Any] | None) -> bytes:
        """The last chunk: no text, the reason, the totals."""
        delta = {"content": "", "reasoning_content": None} if self._thinks else {"content": ""}
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish_reason}
        return self.chunk([choice], usage)

    def chunk(self, choices: list[dict[str, Any]] | None, usage: dict[str, Any] | None) -> bytes:
        """Any chunk, for shapes that only gateways produce."""
        return event({**self._head, "choices": choices, "usage": usage})


def completion(identity: Identity, output: Output, usage: dict[str, Any]) -> bytes:
    """The body of a call that does not stream."""
    message: dict[str, Any] = {"role": "assistant", "content": output.content}
    if output.thinks:
        message["reasoning_content"] = output.reasoning
    if output.calls:
        message["tool_calls"] = [_tool_call(index, call) for index, call in enumerate(output.calls)]
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": output.finish_reason}
    return _encode(
        {
            "id": identity.id,
            "object": "chat.completion",
            "created": identity.created,
            "model": identity.model,
            "choices": [choice],
            "usage": usage,
            "system_fingerprint": FINGERPRINT,
        }
    )


def _tool_call(index: int, call: Call) -> dict[str, Any]:
    function = {"name": call.name, "arguments": call.arguments}
    return {"index": index, "id": call.id, "type": "function", "function": function}
