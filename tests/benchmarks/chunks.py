"""A streamed answer as DeepSeek sends it, encoded once: what measured clients read. And the least way to read it."""

from __future__ import annotations

import json

import msgspec

WORD = "word "
"""The text of every piece, so that characters counted are pieces counted."""

_HEAD = {
    "id": "9b4e2c1a-5f0c-4d7e-8a3b-2c6d1e0f9a87",
    "object": "chat.completion.chunk",
    "created": 1790000000,
    "model": "deepseek-flash",
    "system_fingerprint": "fp_8f2d5a1c07_prod0820_fp8_kvcache",
}
_USAGE = {
    "prompt_tokens": 17,
    "completion_tokens": 20000,
    "total_tokens": 20017,
    "prompt_tokens_details": {"cached_tokens": 0},
    "prompt_cache_hit_tokens": 0,
    "prompt_cache_miss_tokens": 17,
}


def _event(delta: dict[str, str], finish_reason: str | None = None, usage: dict[str, object] | None = None) -> bytes:
    choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish_reason}
    wire = json.dumps(_HEAD | {"choices": [choice], "usage": usage}, separators=(",", ":"))
    return _http_chunk(f"data: {wire}\n\n".encode())


def _http_chunk(data: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(data), data)


HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\nTransfer-Encoding: chunked\r\n\r\n"
FIRST = _event({"role": "assistant", "content": ""})
PIECE = _event({"content": WORD})
LAST = _event({"content": ""}, "stop", _USAGE) + _http_chunk(b"data: [DONE]\n\n") + b"0\r\n\r\n"


class _Delta(msgspec.Struct, gc=False):
    content: str | None = None


class _Choice(msgspec.Struct, gc=False):
    delta: _Delta


class _Chunk(msgspec.Struct, gc=False):
    choices: list[_Choice]


_decoder = msgspec.json.Decoder(_Chunk)


def text_of(block: bytes) -> str | None:
    """What a block of an event stream brings, with no regard for anything that could be wrong with it."""
    return _decoder.decode(block[6:]).choices[0].delta.content if block.startswith(b"data: {") else None
