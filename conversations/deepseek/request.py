"""A chat request: what the caller says, and the JSON that travels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import msgspec

from conversations.deepseek import checks
from conversations.deepseek.errors import InvalidRequest
from conversations.deepseek.messages import ChatMessage, Tool

Thinking = Literal["off", "low", "high", "max"]
EFFORTS = ("off", "low", "high", "max")
LOST_REASONING = " "  # stands in for reasoning that is lost, where the upstream insists on some
DEEPSEEK_ONLY = ("thinking", "reasoning_effort", "user_id")


class ChatRequest(msgspec.Struct, frozen=True):
    """One question to a model.

    `thinking` is always sent: left out, the upstream would think and bill for it. `max_tokens` counts reasoning too;
    None takes the upstream's default. `stop`: one text or up to 16. `tool_choice`: none, auto, required or a function's
    name. `user_id`: a pseudonym, no personal data. Temperature has no effect while thinking.

    A last message with `prefix`, and strict tools, go to the beta address.
    """

    model: str
    messages: Sequence[ChatMessage]
    thinking: Thinking = "off"
    max_tokens: int | None = None
    temperature: float | None = None
    top_p: float | None = None
    json_mode: bool = False
    stop: str | Sequence[str] | None = None
    tools: Sequence[Tool] | None = None
    tool_choice: str | None = None
    logprobs: bool = False
    top_logprobs: int | None = None
    user_id: str | None = None

    @property
    def beta(self) -> bool:
        """Whether it needs the beta address."""
        strict = any(tool.function.strict for tool in self.tools or ())
        return strict or self.continues

    @property
    def continues(self) -> bool:
        """Whether the answer has begun already, with the last message: nothing more may be the right rest of it."""
        return bool(self.messages and self.messages[-1].prefix)

    def check(self) -> None:
        """Raises InvalidRequest with the field and what is allowed."""
        checks.model(self.model)
        if self.thinking not in EFFORTS:
            raise InvalidRequest("thinking", ", ".join(EFFORTS))
        checks.messages(self.messages)
        checks.whole_number("max_tokens", self.max_tokens, 1, checks.MAX_TOKENS)
        checks.temperature(self.temperature)
        checks.top_p(self.top_p)
        checks.stop(self.stop)
        checks.tools(self.tools)
        checks.tool_choice(self.tool_choice, self.tools, thinking=self.thinking != "off")
        checks.whole_number("top_logprobs", self.top_logprobs, 0, checks.MAX_TOP_LOGPROBS)
        if self.top_logprobs is not None and not self.logprobs:
            raise InvalidRequest("top_logprobs", "left out unless logprobs is on")
        if self.json_mode:
            checks.json_word(self.messages)
        checks.user_id(self.user_id)

    def encode(self, *, stream: bool, abroad: bool = False) -> bytes:
        """The JSON body, after `check()`. Equal requests give equal bytes, which the upstream's cache needs.

        `abroad`: for another provider than DeepSeek, which gets no reasoning and nothing that only DeepSeek knows.
        """
        self.check()
        wire = self._wire_abroad(stream=stream) if abroad else self._wire(stream=stream)
        return checks.body("messages", wire)

    def for_abroad(self) -> ChatRequest:
        """The same question for another provider: without reasoning, thinking level and the person's pseudonym."""
        kept = [msgspec.structs.replace(message, reasoning_content=None) for message in self.messages]
        return msgspec.structs.replace(self, messages=kept, thinking="off", user_id=None)

    def _wire(self, *, stream: bool) -> dict[str, Any]:
        wire: dict[str, Any] = {"model": self.model, "messages": self.turns(), "stream": stream}
        wire |= self._wire_thinking()
        optional = {
            "stream_options": {"include_usage": True} if stream else None,
            "max_tokens": self.max_tokens,
            "temperature": self.temperature,
            "top_p": self.top_p,
            "response_format": {"type": "json_object"} if self.json_mode else None,
            "stop": self.stop or None,
            "tools": self.tools or None,
            "tool_choice": self._wire_tool_choice(),
            "logprobs": self.logprobs or None,
            "top_logprobs": self.top_logprobs,
            "user_id": self.user_id,
        }
        return wire | {name: value for name, value in optional.items() if value is not None}

    def _wire_abroad(self, *, stream: bool) -> dict[str, Any]:
        wire = self._wire(stream=stream) | {"messages": self.for_abroad().messages}
        return {name: value for name, value in wire.items() if name not in DEEPSEEK_ONLY}

    def _wire_thinking(self) -> dict[str, Any]:
        if self.thinking == "off":
            return {"thinking": {"type": "disabled"}}  # never together with an effort
        return {"thinking": {"type": "enabled"}, "reasoning_effort": self.thinking}

    def _wire_tool_choice(self) -> object:
        if self.tool_choice is None or self.tool_choice in checks.TOOL_CHOICES:
            return self.tool_choice
        return {"type": "function", "function": {"name": self.tool_choice}}

    def turns(self) -> Sequence[ChatMessage]:
        """The messages as they are sent.

        With tools and thinking the upstream refuses an earlier answer that comes without its reasoning.
        """
        if not self.tools or self.thinking == "off":
            return self.messages
        return [
            msgspec.structs.replace(message, reasoning_content=LOST_REASONING)
            if message.role == "assistant" and not message.reasoning_content
            else message
            for message in self.messages
        ]
