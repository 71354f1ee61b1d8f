"""The messages of a request, as they travel."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import msgspec

Role = Literal["system", "user", "assistant", "tool"]


class TextPart(msgspec.Struct, frozen=True, tag_field="type", tag="text"):
    text: str

    def __repr__(self) -> str:
        return f"<TextPart characters={len(self.text)}>"


class ImageUrl(msgspec.Struct, frozen=True, omit_defaults=True):
    """`url`: an http(s) address of at most 8192 characters or a base64 data URL."""

    url: str
    detail: Literal["low", "high", "original", "auto"] | None = None

    def __repr__(self) -> str:
        return f"<ImageUrl characters={len(self.url)}>"


class ImagePart(msgspec.Struct, frozen=True, tag_field="type", tag="image_url"):
    image_url: ImageUrl


class FilePart(msgspec.Struct, frozen=True, omit_defaults=True, tag_field="type", tag="file"):
    """Either `file_id` or `file_data` with its `filename`."""

    file_id: str | None = None
    file_data: str | None = None
    filename: str | None = None

    def __repr__(self) -> str:
        return "<FilePart>"


Part = TextPart | ImagePart | FilePart


class CalledFunction(msgspec.Struct, frozen=True):
    """`arguments`: JSON text as the model wrote it, which may be invalid."""

    name: str
    arguments: str

    def __repr__(self) -> str:
        return f"<CalledFunction characters={len(self.arguments)}>"


class ToolCall(msgspec.Struct, frozen=True, tag_field="type", tag="function"):
    """A whole tool call of the model."""

    id: str
    function: CalledFunction


class Function(msgspec.Struct, frozen=True, omit_defaults=True):
    """`parameters`: a JSON Schema object; left out for a function without parameters."""

    name: str
    description: str | None = None
    parameters: dict[str, Any] | None = None
    strict: bool = False


class Tool(msgspec.Struct, frozen=True, tag_field="type", tag="function"):
    """A function that the model may ask for."""

    function: Function


class ChatMessage(msgspec.Struct, frozen=True, omit_defaults=True):
    """One turn.

    `reasoning_content` of earlier answers goes back verbatim: it is ignored without tools and required with them.
    `prefix`, on the last message only and with role assistant: the answer continues exactly where `content` ends.
    """

    role: Role
    content: str | Sequence[Part]
    reasoning_content: str | None = None
    prefix: bool = False
    tool_calls: Sequence[ToolCall] | None = None
    tool_call_id: str | None = None
    name: str | None = None

    def __repr__(self) -> str:
        return f"<ChatMessage {self.role}>"
