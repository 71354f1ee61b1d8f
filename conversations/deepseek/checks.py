"""Limits on a request, checked before anything is sent. Source: the chat completions reference of 1 October 2026."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence

import msgspec

from conversations.deepseek.errors import InvalidRequest
from conversations.deepseek.messages import ChatMessage, FilePart, ImagePart, Part, TextPart, Tool
from conversations.deepseek.strict_schema import fault_in

MAX_TOKENS = 393_216
MAX_STOPS = 16
MAX_USER_ID = 512
MAX_TOP_LOGPROBS = 20
MAX_URL = 8192
MAX_IMAGES = 600
MAX_BODY = 48 * 1024 * 1024  # bytes
ROLES = ("system", "user", "assistant", "tool")
TOOL_CHOICES = ("none", "auto", "required")

_FUNCTION_NAME = re.compile(r"[A-Za-z0-9_-]{1,128}\Z")
_USER_ID = re.compile(r"[A-Za-z0-9_-]{1,512}\Z")
_IMAGE_DATA = re.compile(r"data:image/(jpeg|png|gif|webp);base64,", re.IGNORECASE)


_encoder = msgspec.json.Encoder()


def model(name: str) -> None:
    if not isinstance(name, str) or not name.strip():
        raise InvalidRequest("model", "the name of a model")


def body(field: str, wire: Mapping[str, object]) -> bytes:
    """`wire` as JSON; raises InvalidRequest, naming `field`, when it cannot travel."""
    try:
        encoded = _encoder.encode(wire)
    except UnicodeEncodeError:
        raise InvalidRequest(field, "text without halves of surrogate pairs") from None
    if len(encoded) > MAX_BODY:
        raise InvalidRequest(field, f"at most {MAX_BODY // 1024 // 1024} MiB in all, files and images included")
    return encoded


def whole_number(field: str, value: int | None, least: int, most: int) -> None:
    """Raises InvalidRequest unless `value` is None or a whole number in the range."""
    if value is not None and (isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most):
        raise InvalidRequest(field, f"a whole number from {least} to {most}")


def temperature(value: float | None) -> None:
    if value is not None and not (_is_number(value) and 0 <= value <= 2):
        raise InvalidRequest("temperature", "a number from 0 to 2")


def top_p(value: float | None) -> None:
    if value is not None and not (_is_number(value) and 0 < value <= 1):
        raise InvalidRequest("top_p", "a number above 0, up to 1")


def penalty(field: str, value: float | None) -> None:
    if value is not None and not (_is_number(value) and -2 <= value <= 2):
        raise InvalidRequest(field, "a number from -2 to 2")


def stop(value: str | Sequence[str] | None) -> None:
    texts = [value] if isinstance(value, str) else list(value or ())
    if len(texts) > MAX_STOPS or not all(isinstance(text, str) and text for text in texts):
        raise InvalidRequest("stop", f"up to {MAX_STOPS} texts, none of them empty")


def user_id(value: str | None) -> None:
    if value is not None and not _USER_ID.match(value):
        raise InvalidRequest("user_id", f"1 to {MAX_USER_ID} characters of A-Z, a-z, 0-9, _ and -")


def tools(offered: Sequence[Tool] | None) -> None:
    names = [tool.function.name for tool in offered or ()]
    if not all(_FUNCTION_NAME.match(name) for name in names):
        raise InvalidRequest("tools", "functions named with 1 to 128 characters of A-Z, a-z, 0-9, _ and -")
    if len(set(names)) != len(names):
        raise InvalidRequest("tools", "functions with different names")
    if len({tool.function.strict for tool in offered or ()}) > 1:
        raise InvalidRequest("tools", "strict for all functions or for none")
    for position, tool in enumerate(offered or ()):
        schema = tool.function.parameters
        fault = fault_in(schema) if tool.function.strict and schema is not None else None
        if fault:
            raise InvalidRequest(f"tools[{position}].parameters", f"{fault}, as the function is strict")


def tool_choice(choice: str | None, offered: Sequence[Tool] | None, *, thinking: bool) -> None:
    if choice is None:
        return
    names = {tool.function.name for tool in offered or ()}
    if choice not in TOOL_CHOICES and choice not in names:
        raise InvalidRequest("tool_choice", "none, auto, required or the name of one of the tools")
    if choice == "required" and not names:
        raise InvalidRequest("tool_choice", "none or auto when there are no tools")
    if thinking and choice not in ("none", "auto"):
        raise InvalidRequest("tool_choice", "none or auto while thinking is on")


def json_word(messages: Sequence[ChatMessage]) -> None:
    """JSON mode is refused unless the prompt says so."""
    if not any("json" in text.lower() for message in messages for text in texts_of(message)):
        raise InvalidRequest("json_mode", "off unless a message contains the word “json”")


def messages(conversation: Sequence[ChatMessage]) -> None:
    if not conversation:
        raise InvalidRequest("messages", "at least one message")
    media = 0
    last = len(conversation) - 1
    for position, message in enumerate(conversation):
        field = f"messages[{position}]"
        _turn(field, message)
        if message.prefix and (position != last or message.role != "assistant"):
            raise InvalidRequest(f"{field}.prefix", "set on the last message only, with the role assistant")
        if not isinstance(message.content, str):
            _parts(f"{field}.content", message.content)
            media += _media(message)
    if media > MAX_IMAGES:
        raise InvalidRequest("messages", f"at most {MAX_IMAGES} images and files")
    _tool_results(conversation)


def sight(conversation: Sequence[ChatMessage], model: str, text_only: tuple[str, ...]) -> None:
    """Raises InvalidRequest for images and files to a model whose name begins with one of `text_only`."""
    if model.startswith(text_only) and any(_media(message) for message in conversation):
        raise InvalidRequest("messages", f"without images and files, which {model} does not read")


def texts_of(message: ChatMessage) -> list[str]:
    """The texts of a turn's content."""
    if isinstance(message.content, str):
        return [message.content]
    return [part.text for part in message.content if isinstance(part, TextPart)]


def _turn(field: str, message: ChatMessage) -> None:
    if message.role not in ROLES:
        raise InvalidRequest(f"{field}.role", ", ".join(ROLES))
    if message.role in ("system", "assistant") and not isinstance(message.content, str):
        raise InvalidRequest(f"{field}.content", f"text for the role {message.role}")
    if message.role == "assistant":
        if not (message.content or message.tool_calls or message.prefix):
            raise InvalidRequest(f"{field}.content", "text, or tool calls beside it, for the role assistant")
    elif message.tool_calls or message.reasoning_content is not None:
        raise InvalidRequest(field, "without reasoning and tool calls unless the role is assistant")
    if (message.role == "tool") is not bool(message.tool_call_id):
        raise InvalidRequest(f"{field}.tool_call_id", "set for the role tool, and for no other")


def _media(message: ChatMessage) -> int:
    """How many images and files a turn holds."""
    return 0 if isinstance(message.content, str) else sum(not isinstance(part, TextPart) for part in message.content)


def _parts(field: str, parts: Sequence[Part]) -> None:
    """Checks the parts of one content."""
    if not parts:
        raise InvalidRequest(field, "text or at least one part")
    for part in parts:
        if isinstance(part, ImagePart):
            _image(field, part.image_url.url)
        elif isinstance(part, FilePart) and (part.file_id is None) is (part.file_data is None):
            raise InvalidRequest(field, "files with either file_id or file_data")


def _image(field: str, url: str) -> None:
    linked = url.startswith(("http://", "https://")) and len(url) <= MAX_URL
    if not linked and not _IMAGE_DATA.match(url):
        raise InvalidRequest(
            field, f"images as an http(s) address of at most {MAX_URL} characters or a data URL (JPEG, PNG, GIF, WebP)"
        )


def _tool_results(conversation: Sequence[ChatMessage]) -> None:
    """Each tool call must be answered before anything else is said."""
    open_calls: set[str] = set()
    for position, message in enumerate(conversation):
        field = f"messages[{position}]"
        if message.role == "tool":
            if message.tool_call_id not in open_calls:
                raise InvalidRequest(f"{field}.tool_call_id", "the id of a tool call right before it")
            open_calls.discard(message.tool_call_id)
        elif open_calls:
            raise InvalidRequest(field, "the result of the tool call before it")
        else:
            open_calls = {call.id for call in message.tool_calls or ()}
    if open_calls:
        raise InvalidRequest("messages", "followed by a result for each tool call")


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
