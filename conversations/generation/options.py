"""How an answer is to be sampled, as the person set it under "Advanced"."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec

from conversations.deepseek import ChatMessage, ChatRequest

StopText = Annotated[str, msgspec.Meta(max_length=500)]


class Options(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """What is None is left to the upstream. `stop`: texts at which the answer ends."""

    temperature: float | None = None
    top_p: float | None = None
    max_tokens: int | None = None
    frequency_penalty: float | None = None
    presence_penalty: float | None = None
    stop: tuple[StopText, ...] = ()
    json_mode: bool = False

    def encode(self) -> str:
        """JSON, empty when nothing was set, so that nothing is stored either."""
        return "" if self == DEFAULT else msgspec.json.encode(self).decode()

    def shown(self) -> dict[str, Any]:
        """What was set, as JSON that a page gets."""
        shown: dict[str, Any] = msgspec.to_builtins(self)
        return shown

    def fields(self) -> dict[str, Any]:
        """As arguments of a `ChatRequest`."""
        return msgspec.structs.asdict(self)

    def check(self) -> None:
        """Raises `InvalidRequest`, which names the field, for what the upstream would refuse in any prompt."""
        ChatRequest(model="any", messages=[ChatMessage("user", "json")], **self.fields()).check()


DEFAULT = Options()


def decode(stored: str) -> Options:
    """The opposite of `Options.encode`."""
    return msgspec.json.decode(stored, type=Options) if stored else DEFAULT
