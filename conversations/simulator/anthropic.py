"""The Anthropic format (`POST /anthropic/v1/messages`), by way of chat completions."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from . import refusals
from .dialects import Translated
from .refusals import RefusedError

_STOP_REASONS = {"stop": "end_turn", "length": "max_tokens", "tool_calls": "tool_use", "content_filter": "refusal"}
_encode = msgspec.json.Encoder().encode


class Message(msgspec.Struct):
    role: str
    content: str | list[dict[str, Any]]


class MessagesRequest(msgspec.Struct):
    model: str
    max_tokens: int
    messages: list[Message]
    system: str | list[dict[str, Any]] | None = None
    stream: bool = False
    thinking: dict[str, Any] | None = None
    output_config: dict[str, Any] | None = None
    stop_sequences: list[str] | None = None
    temperature: float | None = None
    top_p: float | None = None
    tools: list[dict[str, Any]] | None = None
    tool_choice: dict[str, Any] | None = None
    metadata: dict[str, Any] | None = None


_decoder = msgspec.json.Decoder(MessagesRequest)


class Anthropic(Translated):
    """Blocks are numbered as they begin; one is open at a time."""

    def __init__(self) -> None:
        super().__init__(_to_chat)
        self._begun = False
        self._blocks = 0
        self._open: str | None = None

    def done(self) -> bytes:
        return _event("message_stop")

    def event(self, chunk: dict[str, Any]) -> bytes:
        if chunk.get("error"):
            error = chunk["error"]
            return _event("error", error=error if isinstance(error, dict) else {"type": "api_error", "message": error})
        if "choices" not in chunk:
            return b"data: " + _encode(chunk) + b"\n\n"
        return b"".join(self._events(chunk))

    def answer(self, completion: dict[str, Any]) -> dict[str, Any]:
        choice = completion["choices"][0]
        message = choice["message"]
        blocks = (
            [{"type": "thinking", "thinking": message["reasoning_content"]}] if "reasoning_content" in message else []
        )
        blocks += [{"type": "text", "text": message["content"]}] if message["content"] else []
        blocks += [
            {
                "type": "tool_use",
                "id": call["id"],
                "name": call["function"]["name"],
                "input": _input(call["function"]["arguments"]),
            }
            for call in message.get("tool_calls", ())
        ]
        end = {"stop_reason": _stop_reason(choice["finish_reason"]), "usage": _usage(completion["usage"])}
        return {**_head(completion), "content": blocks, **end}

    def _events(self, chunk: dict[str, Any]) -> Iterator[bytes]:
        if not self._begun:
            self._begun = True
            usage = {"input_tokens": 0, "output_tokens": 0}
            message = {**_head(chunk), "content": [], "stop_reason": None, "usage": usage}
            yield _event("message_start", message=message)
        for choice in chunk["choices"] or ():
            yield from self._delta(choice.get("delta") or {})
            if choice.get("finish_reason"):
                yield from self._close()
                delta = {"stop_reason": _stop_reason(choice["finish_reason"]), "stop_sequence": None}
                yield _event("message_delta", delta=delta, usage=_usage(chunk.get("usage")))

    def _delta(self, delta: dict[str, Any]) -> Iterator[bytes]:
        for name, kind, field in (("reasoning_content", "thinking", "thinking"), ("content", "text", "text")):
            if delta.get(name):
                if self._open != kind:
                    yield from self._begin(kind, {field: ""})
                yield self._piece(f"{kind}_delta", field, delta[name])
        for call in delta.get("tool_calls") or ():
            function = call["function"]
            if call.get("id"):
                yield from self._begin("tool_use", {"id": call["id"], "name": function["name"], "input": {}})
            if function.get("arguments"):
                yield self._piece("input_json_delta", "partial_json", function["arguments"])

    def _begin(self, kind: str, fields: dict[str, Any]) -> Iterator[bytes]:
        yield from self._close()
        self._open = kind
        yield _event("content_block_start", index=self._blocks, content_block={"type": kind, **fields})

    def _piece(self, kind: str, field: str, text: str) -> bytes:
        return _event("content_block_delta", index=self._blocks, delta={"type": kind, field: text})

    def _close(self) -> Iterator[bytes]:
        if self._open is not None:
            self._open = None
            yield _event("content_block_stop", index=self._blocks)
            self._blocks += 1


def _event(kind: str, **fields: object) -> bytes:
    return b"event: " + kind.encode() + b"\ndata: " + _encode({"type": kind, **fields}) + b"\n\n"


def _head(completion: dict[str, Any]) -> dict[str, Any]:
    return {"id": completion["id"], "type": "message", "role": "assistant", "model": completion["model"]}


def _stop_reason(finish_reason: str) -> str:
    return _STOP_REASONS.get(finish_reason, finish_reason)


def _input(arguments: str) -> Any:
    """Arguments that a fault has spoiled stay what they are."""
    try:
        return msgspec.json.decode(arguments)
    except msgspec.DecodeError:
        return {"arguments": arguments}


def _usage(usage: dict[str, Any] | None) -> dict[str, int]:
    """`input_tokens` is what the cache did not have."""
    if not usage:
        return {}
    return {
        "input_tokens": usage["prompt_cache_miss_tokens"],
        "cache_read_input_tokens": usage["prompt_cache_hit_tokens"],
        "output_tokens": usage["completion_tokens"],
    }


def _to_chat(body: bytes) -> dict[str, Any]:
    try:
        request = _decoder.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise RefusedError(refusals.undecodable(str(error), len(body))) from None
    try:
        return _chat(request)
    except (KeyError, TypeError, AttributeError) as error:
        raise RefusedError(refusals.undecodable(f"missing or wrong field {error}", len(body))) from None


def _chat(request: MessagesRequest) -> dict[str, Any]:
    system = [{"role": "system", "content": _text(request.system)}] if request.system else []
    turns = [turn for message in request.messages for turn in _turns(message)]
    if turns and turns[-1]["role"] == "assistant":
        turns[-1]["prefix"] = True
    effort = (request.output_config or {}).get("effort")
    optional = {
        "thinking": {"type": request.thinking["type"]} if request.thinking else None,
        "reasoning_effort": effort,
        "stop": request.stop_sequences,
        "temperature": request.temperature,
        "top_p": request.top_p,
        "tools": [_tool(tool) for tool in request.tools or ()] or None,
        "tool_choice": _tool_choice(request.tool_choice) if request.tool_choice else None,
        "user_id": (request.metadata or {}).get("user_id"),
    }
    fixed = {"model": request.model, "max_tokens": request.max_tokens, "stream": request.stream}
    return {**fixed, "messages": system + turns} | {
        name: value for name, value in optional.items() if value is not None
    }


def _turns(message: Message) -> list[dict[str, Any]]:
    if isinstance(message.content, str):
        return [{"role": message.role, "content": message.content}]
    if message.role == "assistant":
        return [_answer(message.content)]
    results = [
        {"role": "tool", "tool_call_id": block["tool_use_id"], "content": _text(block.get("content") or "")}
        for block in message.content
        if block["type"] == "tool_result"
    ]
    parts = [_part(block) for block in message.content if block["type"] != "tool_result"]
    return results + ([{"role": message.role, "content": parts}] if parts else [])


def _answer(blocks: list[dict[str, Any]]) -> dict[str, Any]:
    thought = "".join(block["thinking"] for block in blocks if block["type"] == "thinking")
    calls = [
        {
            "id": block["id"],
            "type": "function",
            "function": {"name": block["name"], "arguments": _encode(block["input"]).decode()},
        }
        for block in blocks
        if block["type"] == "tool_use"
    ]
    turn: dict[str, Any] = {"role": "assistant", "content": _text(blocks)}
    return turn | ({"reasoning_content": thought} if thought else {}) | ({"tool_calls": calls} if calls else {})


def _part(block: dict[str, Any]) -> dict[str, Any]:
    if block["type"] != "image":
        return {"type": "text", "text": block["text"]}
    source = block["source"]
    inline = f"data:{source.get('media_type')};base64,{source.get('data')}"
    return {"type": "image_url", "image_url": {"url": source["url"] if source["type"] == "url" else inline}}


def _text(content: str | list[dict[str, Any]]) -> str:
    if isinstance(content, str):
        return content
    return "".join(block["text"] for block in content if block["type"] == "text")


def _tool(tool: dict[str, Any]) -> dict[str, Any]:
    function = {"name": tool["name"], "parameters": tool["input_schema"]}
    return {"type": "function", "function": function}


def _tool_choice(choice: dict[str, Any]) -> Any:
    """The newest texts treat `any` as `auto`."""
    if choice["type"] == "tool":
        return {"type": "function", "function": {"name": choice["name"]}}
    return "none" if choice["type"] == "none" else "auto"
