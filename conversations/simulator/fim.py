"""Fill in the middle (`POST /beta/completions`), by way of a chat without thinking."""

from __future__ import annotations

from typing import Any

import msgspec

from . import refusals, wire
from .dialects import Translated
from .refusals import RefusedError, invalid, out_of_range

_MAX_TOKENS = 4096


class FimRequest(msgspec.Struct):
    model: str
    prompt: str
    suffix: str | None = None
    echo: bool | None = None
    logprobs: int | None = None
    max_tokens: int | None = None
    stop: str | list[str] | None = None
    stream: bool | None = None
    stream_options: dict[str, Any] | None = None
    temperature: float | None = None
    top_p: float | None = None


_decoder = msgspec.json.Decoder(FimRequest)


class Fim(Translated):
    """Its answer is a function of the text before and after; `echo` and log-probabilities are checked and left out."""

    def __init__(self) -> None:
        super().__init__(_to_chat)

    def event(self, chunk: dict[str, Any]) -> bytes:
        return wire.event(self.answer(chunk) if "choices" in chunk else chunk)

    def answer(self, completion: dict[str, Any]) -> dict[str, Any]:
        choices = [
            {
                "index": choice["index"],
                "text": (choice.get("delta") or choice.get("message") or {}).get("content") or "",
                "logprobs": None,
                "finish_reason": choice.get("finish_reason"),
            }
            for choice in completion["choices"] or ()
        ]
        return {**completion, "object": "text_completion", "choices": choices}


def _to_chat(body: bytes) -> dict[str, Any]:
    try:
        request = _decoder.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise RefusedError(refusals.undecodable(str(error), len(body))) from None
    if request.echo and (request.suffix is not None or request.logprobs is not None):
        raise RefusedError(invalid("echo cannot be used together with suffix or logprobs"))
    if request.logprobs is not None and not 0 <= request.logprobs <= 20:
        raise RefusedError(out_of_range("logprobs", "[0, 20]"))
    return {
        "model": request.model,
        "messages": [{"role": "user", "content": f"{request.prompt}{request.suffix or ''}"}],
        "thinking": {"type": "disabled"},
        "max_tokens": min(request.max_tokens, _MAX_TOKENS) if request.max_tokens is not None else _MAX_TOKENS,
        **{
            name: getattr(request, name)
            for name in ("stop", "stream", "stream_options", "temperature", "top_p")
            if getattr(request, name) is not None
        },
    }
