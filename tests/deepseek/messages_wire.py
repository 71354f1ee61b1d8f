"""The Anthropic format as DeepSeek sends it, in pieces for scripts."""

from __future__ import annotations

import json


def event(kind: str, **fields: object) -> bytes:
    return f"event: {kind}\n".encode() + b"data: " + json.dumps({"type": kind, **fields}).encode() + b"\n\n"


def start(usage: object = None) -> bytes:
    message = {"id": "m1", "type": "message", "role": "assistant", "model": "deepseek-flash", "content": []}
    return event("message_start", message={**message, "stop_reason": None, "usage": usage or INPUT})


def begin(index: int, kind: str, **fields: object) -> bytes:
    return event("content_block_start", index=index, content_block={"type": kind, **fields})


def piece(index: int, kind: str, **fields: object) -> bytes:
    return event("content_block_delta", index=index, delta={"type": kind, **fields})


def stop(index: int) -> bytes:
    return event("content_block_stop", index=index)


def text(content: str, index: int = 0) -> bytes:
    return piece(index, "text_delta", text=content)


def thought(content: str, index: int = 0) -> bytes:
    return piece(index, "thinking_delta", thinking=content)


def arguments(fragment: str, index: int = 0) -> bytes:
    return piece(index, "input_json_delta", partial_json=fragment)


def finish(reason: str | None = "end_turn", usage: object = None) -> bytes:
    return event("message_delta", delta={"stop_reason": reason, "stop_sequence": None}, usage=usage or OUTPUT)


INPUT = {"input_tokens": 12, "cache_read_input_tokens": 5, "cache_creation_input_tokens": 0, "output_tokens": 0}
OUTPUT = {"output_tokens": 9}
PING = event("ping")
STOP = event("message_stop")
THOUGHT = begin(0, "thinking", thinking="") + PING + thought("h") + thought("m") + stop(0)
SAID = begin(1, "text", text="") + text("Hel", 1) + text("lo", 1) + stop(1)
ANSWER = start() + THOUGHT + SAID + finish() + STOP
CALL = begin(1, "tool_use", id="c0", name="look_up", input={}) + arguments('{"q"', 1) + arguments(": 1}", 1) + stop(1)
EMPTY_CALL = begin(2, "tool_use", id="c1", name="now", input={}) + stop(2)
CALLS = start() + THOUGHT + CALL + EMPTY_CALL + finish("tool_use") + STOP
