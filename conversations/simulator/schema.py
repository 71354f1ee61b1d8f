"""The request body of `POST /chat/completions` as types. Keys that the API does not know are ignored, as it does.

Decoding refuses a wrong type, an unknown role or part, and a missing required key; ranges and combinations are
checked in `validation`.
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec


class TextPart(msgspec.Struct, tag="text", tag_field="type"):
    text: str


class ImageAddress(msgspec.Struct):
    url: str
    detail: Literal["low", "high", "original", "auto"] | None = None


class ImagePart(msgspec.Struct, tag="image_url", tag_field="type"):
    image_url: ImageAddress


class FilePart(msgspec.Struct, tag="file", tag_field="type"):
    file_id: str | None = None
    file_data: str | None = None
    filename: str | None = None


Content = str | list[TextPart | ImagePart | FilePart]


class FunctionCall(msgspec.Struct):
    name: str
    arguments: str = ""


class ToolCall(msgspec.Struct):
    id: str
    function: FunctionCall
    type: Literal["function"] = "function"


class SystemMessage(msgspec.Struct, tag="system", tag_field="role"):
    content: Content
    name: str | None = None


class UserMessage(msgspec.Struct, tag="user", tag_field="role"):
    content: Content
    name: str | None = None


class AssistantMessage(msgspec.Struct, tag="assistant", tag_field="role"):
    content: str | None
    name: str | None = None
    reasoning_content: str | None = None
    tool_calls: list[ToolCall] | None = None
    prefix: bool | None = None


class ToolMessage(msgspec.Struct, tag="tool", tag_field="role"):
    content: Content
    tool_call_id: str


Message = SystemMessage | UserMessage | AssistantMessage | ToolMessage


class Thinking(msgspec.Struct):
    type: Literal["enabled", "disabled", "adaptive"]


class ResponseFormat(msgspec.Struct):
    type: str


class StreamOptions(msgspec.Struct):
    include_usage: bool = False


class Function(msgspec.Struct):
    name: str
    description: str | None = None
    parameters: dict[str, Any] | None = None
    strict: bool | None = None


class Tool(msgspec.Struct):
    type: Literal["function"]
    function: Function


class NamedFunction(msgspec.Struct):
    name: str


class NamedTool(msgspec.Struct):
    type: Literal["function"]
    function: NamedFunction


Effort = Literal["none", "minimal", "low", "medium", "high", "xhigh", "max", "ultra"]


class ChatRequest(msgspec.Struct):
    """One decoded request body."""

    messages: list[Message]
    model: str
    thinking: Thinking | None = None
    reasoning_effort: Effort | None = None
    max_tokens: int | None = None
    response_format: ResponseFormat | None = None
    stop: str | list[str] | None = None
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    temperature: float | None = None
    top_p: float | None = None
    tools: list[Tool] | None = None
    tool_choice: Literal["none", "auto", "required"] | NamedTool | None = None
    logprobs: bool | None = None
    top_logprobs: int | None = None
    user_id: str | None = None
    frequency_penalty: float | None = None
    presence_penalty: float | None = None

    @property
    def thinks(self) -> bool:
        """Thinking is on unless it is switched off, by either of the two switches."""
        off = self.thinking is not None and self.thinking.type == "disabled"
        return not off and self.reasoning_effort != "none"

    @property
    def effort(self) -> Literal["low", "high", "max"]:
        """The effort after the compatibility mapping; what it is without thinking means nothing."""
        match self.reasoning_effort:
            case "low" | "minimal":
                return "low"
            case "max" | "ultra":
                return "max"
            case _:
                return "high"

    @property
    def wants_json(self) -> bool:
        return self.response_format is not None and self.response_format.type == "json_object"

    @property
    def prefix(self) -> AssistantMessage | None:
        """The message whose text begins the answer (prefix completion), if the request ends with one."""
        last = self.messages[-1] if self.messages else None
        return last if isinstance(last, AssistantMessage) and last.prefix else None

    @property
    def history(self) -> list[Message]:
        """The messages without the prefix message: what the answer is a function of."""
        return self.messages[:-1] if self.prefix else self.messages

    @property
    def last_user_text(self) -> str:
        """The text of the last user message, "" if there is none."""
        users = (message for message in reversed(self.messages) if isinstance(message, UserMessage))
        return text_of(next(users, None))


def text_of(message: Message | None) -> str:
    """All text of a message's content, parts joined by a line break; images and files have none."""
    content = message.content if message is not None else None
    if isinstance(content, list):
        return "\n".join(part.text for part in content if isinstance(part, TextPart))
    return content or ""
