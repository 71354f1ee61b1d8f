"""From the bytes of a request body to a request that the API would answer, or a refusal.

Decoding comes first, then the model, ranges, and what fields mean together, after the API's reference of October 2026
and its recorded refusals. The first fault found is the one reported.
"""

from __future__ import annotations

import re

import msgspec

from . import refusals
from .catalogue import CONTEXT_TOKENS, FLASH, MAX_OUTPUT_TOKENS, PRO, served_model
from .prompt_cache import prompt_tokens
from .refusals import RefusedError, invalid, out_of_range
from .schema import AssistantMessage, ChatRequest, ImagePart, NamedTool, ToolMessage, text_of

_decoder = msgspec.json.Decoder(ChatRequest)
_TOOL_NAME = re.compile(r"[A-Za-z0-9_-]{1,128}")
_MAX_STOPS = 16
_MAX_USER_ID_BYTES = 512


def read_request(body: bytes, *, beta: bool) -> ChatRequest:
    """Decode and check one body; `beta` says that it came to the beta address. Raises RefusedError."""
    try:
        request = _decoder.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise RefusedError(refusals.undecodable(str(error), len(body))) from None
    _check_model(request)
    _check_ranges(request)
    _check_output(request)
    _check_messages(request, beta=beta)
    _check_images(request)
    _check_tools(request)
    _check_context(request)
    return request


def _require(condition: bool, message: str) -> None:
    if not condition:
        raise RefusedError(invalid(message))


def _check_model(request: ChatRequest) -> None:
    _require(
        served_model(request.model) is not None,
        f"The supported API model names are {FLASH}, {PRO}, but you passed {request.model}.",
    )


def _check_ranges(request: ChatRequest) -> None:
    _check_range("max_tokens", request.max_tokens, 1, MAX_OUTPUT_TOKENS)
    _check_range("temperature", request.temperature, 0, 2)
    _check_range("frequency_penalty", request.frequency_penalty, -2, 2)
    _check_range("presence_penalty", request.presence_penalty, -2, 2)
    _check_range("top_logprobs", request.top_logprobs, 0, 20)
    if request.top_p is not None and not 0 < request.top_p <= 1:
        raise RefusedError(out_of_range("top_p", "(0, 1.0]"))
    if request.user_id is not None and len(request.user_id.encode()) > _MAX_USER_ID_BYTES:
        raise RefusedError(invalid("Invalid user_id value, the maximum length of user_id is 512"))


def _check_range(name: str, value: float | None, low: int, high: int) -> None:
    if value is not None and not low <= value <= high:
        raise RefusedError(out_of_range(name, f"[{low}, {high}]"))


def _check_output(request: ChatRequest) -> None:
    _require(
        request.stream_options is None or request.stream is True,
        "stream_options should be set along with stream = true",
    )
    _require(
        request.top_logprobs is None or request.logprobs is True,
        "top_logprobs should be set along with logprobs = true",
    )
    _require(
        not isinstance(request.stop, list) or len(request.stop) <= _MAX_STOPS,
        "Invalid stop value, at most 16 stop strings are supported",
    )
    _require(
        request.response_format is None or request.response_format.type in ("text", "json_object"),
        "This response_format type is unavailable now",
    )
    _require(
        not request.wants_json or any("json" in text_of(message).lower() for message in request.messages),
        "Prompt must contain the word 'json' in some form to use 'response_format' of type 'json_object'.",
    )


def _check_messages(request: ChatRequest, *, beta: bool) -> None:
    _require(bool(request.messages), "Empty input messages")
    for message in request.messages:
        if isinstance(message, AssistantMessage):
            _check_assistant(request, message, beta=beta)
    _check_tool_results(request)


def _check_assistant(request: ChatRequest, message: AssistantMessage, *, beta: bool) -> None:
    begun = message.prefix and message.reasoning_content
    _require(
        bool(message.content or message.tool_calls or begun),
        "Invalid assistant message: content or tool_calls must be set",
    )
    _require(beta or not message.prefix, "The prefix parameter is only available on the beta address (/beta)")
    _require(
        not message.prefix or message is request.messages[-1], "Only the last message can have the prefix parameter"
    )
    _require(
        not (request.tools and request.thinks) or message.prefix is True or bool(message.reasoning_content),
        "The `reasoning_content` in the thinking mode must be passed back to the API.",
    )


def _check_tool_results(request: ChatRequest) -> None:
    """Every tool call has its result before anything else is said, and no result comes without a call."""
    open_calls: list[str] = []
    for message in request.messages:
        if isinstance(message, ToolMessage):
            _require(message.tool_call_id in open_calls, "Message with role 'tool' must follow its tool call")
            open_calls.remove(message.tool_call_id)
            continue
        _check_answered(open_calls)
        open_calls = [call.id for call in message.tool_calls or ()] if isinstance(message, AssistantMessage) else []
    _check_answered(open_calls)


def _check_answered(open_calls: list[str]) -> None:
    if open_calls:
        raise RefusedError(invalid(f"No tool output found for tool call {open_calls[0]}."))


def _check_images(request: ChatRequest) -> None:
    contents = [message.content for message in request.messages if isinstance(message.content, list)]
    has_image = any(isinstance(part, ImagePart) for content in contents for part in content)
    _require(not has_image or served_model(request.model) == FLASH, "This model does not support image")


def _check_tools(request: ChatRequest) -> None:
    names = [tool.function.name for tool in request.tools or ()]
    _require(all(_TOOL_NAME.fullmatch(name) for name in names), "Invalid tools: a function name is not valid")
    _require(len(set(names)) == len(names), "Invalid tools: function names must be unique")
    choice = request.tool_choice
    forced = choice == "required" or isinstance(choice, NamedTool)
    _require(not (forced and request.thinks), "Thinking mode does not support this tool_choice")
    _require(not forced or bool(names), "Invalid tool_choice: no tools are given")
    _require(
        not isinstance(choice, NamedTool) or choice.function.name in names,
        "Invalid tool_choice: there is no such function in tools",
    )


def _check_context(request: ChatRequest) -> None:
    prompt, completion = prompt_tokens(request), request.max_tokens or 0
    if prompt + completion > CONTEXT_TOKENS:
        raise RefusedError(refusals.context_overflow(CONTEXT_TOKENS, prompt, completion))
