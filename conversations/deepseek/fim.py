"""A request for the text between two others (fill in the middle): what the caller says, and the JSON that travels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from conversations.deepseek import checks
from conversations.deepseek.errors import InvalidRequest

MAX_FIM_TOKENS = 4096  # the guide's limit; the model does not think here


class FimRequest(msgspec.Struct, frozen=True):
    """What stands between `prompt` and `suffix`; without a suffix, what follows the prompt. Beta address, no thinking.

    `echo`: the answer begins with the prompt. `logprobs`: how many likeliest tokens come with each token. `stop`: one
    text or up to 16.
    """

    model: str
    prompt: str
    suffix: str | None = None
    echo: bool = False
    logprobs: int | None = None
    max_tokens: int | None = None
    stop: str | Sequence[str] | None = None
    temperature: float | None = None
    top_p: float | None = None

    def check(self) -> None:
        """Raises InvalidRequest with the field and what is allowed."""
        checks.model(self.model)
        if not isinstance(self.prompt, str):
            raise InvalidRequest("prompt", "text")
        if self.suffix is not None and not isinstance(self.suffix, str):
            raise InvalidRequest("suffix", "text, or left out")
        checks.whole_number("logprobs", self.logprobs, 0, checks.MAX_TOP_LOGPROBS)
        if self.echo and (self.suffix is not None or self.logprobs is not None):
            raise InvalidRequest("echo", "off together with suffix or logprobs")
        checks.whole_number("max_tokens", self.max_tokens, 1, MAX_FIM_TOKENS)
        checks.stop(self.stop)
        checks.temperature(self.temperature)
        checks.top_p(self.top_p)

    def encode(self, *, stream: bool) -> bytes:
        """The JSON body, after `check()`."""
        self.check()
        optional = {
            "suffix": self.suffix,
            "echo": self.echo or None,
            "logprobs": self.logprobs,
            "max_tokens": self.max_tokens,
            "stop": self.stop or None,
            "stream_options": {"include_usage": True} if stream else None,
            "temperature": self.temperature,
            "top_p": self.top_p,
        }
        wire: dict[str, Any] = {"model": self.model, "prompt": self.prompt, "stream": stream}
        return checks.body("prompt", wire | {name: value for name, value in optional.items() if value is not None})

    def __repr__(self) -> str:
        return f"<FimRequest {self.model} characters={len(self.prompt)}>"
