"""A chat request in the Anthropic format (`/v1/messages`)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from conversations.deepseek import checks
from conversations.deepseek.errors import InvalidRequest
from conversations.deepseek.messages import ChatMessage, FilePart, Function, ImagePart, Part, TextPart, ToolCall
from conversations.deepseek.request import ChatRequest

# This format wants a limit on every call; these are what the upstream takes in the other one when none is given.
DEFAULT_MAX_TOKENS = {"off": 8 * 1024, "low": 64 * 1024, "high": 64 * 1024, "max": 128 * 1024}

_TOOL_CHOICES = {"none": "none", "auto": "auto", "required": "any"}

Block = dict[str, Any]


def encode_messages(request: ChatRequest, *, stream: bool) -> bytes:
    """The JSON body, after all checks. Raises InvalidRequest also for what this format has no place for.

    All system messages go into the one `system` that the format has. A message with `prefix` travels as the last turn.
    """
    request.check()
    _check_format(request)
    wire: Block = {
        "model": request.model,
        "max_tokens": request.max_tokens or DEFAULT_MAX_TOKENS[request.thinking],
        "messages": _turns(request.turns()),
        "stream": stream,
        "thinking": {"type": "disabled" if request.thinking == "off" else "enabled"},
    }
    optional = {
        "system": "\n\n".join(text for turn in _systems(request) for text in checks.texts_of(turn)),
        "output_config": {"effort": request.thinking} if request.thinking != "off" else None,
        "stop_sequences": [request.stop] if isinstance(request.stop, str) else list(request.stop or ()),
        "tools": [_tool(tool.function) for tool in request.tools or ()],
        "tool_choice": _tool_choice(request.tool_choice) if request.tools and request.tool_choice else None,
        "metadata": {"user_id": request.user_id} if request.user_id else None,
    }
    sampling = {"temperature": request.temperature, "top_p": request.top_p}
    wire |= {name: value for name, value in optional.items() if value}
    return checks.body("messages", wire | {name: value for name, value in sampling.items() if value is not None})


def _check_format(request: ChatRequest) -> None:
    if request.json_mode:
        raise InvalidRequest("json_mode", "off, as the Anthropic format has none")
    if request.logprobs:
        raise InvalidRequest("logprobs", "off, as the Anthropic format has none")
    if any(tool.function.strict for tool in request.tools or ()):
        raise InvalidRequest("tools", "without strict, as the Anthropic format has none")
    if len(_systems(request)) == len(request.messages):
        raise InvalidRequest("messages", "at least one message that is not a system message")
    if any(isinstance(part, FilePart) for message in request.messages for part in _parts(message)):
        raise InvalidRequest("messages", "without files, as the Anthropic format takes none from here")


def _systems(request: ChatRequest) -> list[ChatMessage]:
    return [message for message in request.messages if message.role == "system"]


def _turns(messages: Sequence[ChatMessage]) -> list[Block]:
    """Results of tool calls that follow each other become one turn of the user, as the format demands."""
    turns: list[Block] = []
    results: list[Block] | None = None
    for message in messages:
        if message.role == "tool":
            if results is None:
                results = []
                turns.append({"role": "user", "content": results})
            results.append(_result(message))
        elif message.role != "system":
            results = None
            turns.append({"role": message.role, "content": _content(message)})
    return turns


def _content(message: ChatMessage) -> str | list[Block]:
    if message.role == "assistant" and (message.reasoning_content or message.tool_calls):
        return _blocks_of_answer(message)
    return _said(message.content)


def _said(content: str | Sequence[Part]) -> str | list[Block]:
    return content if isinstance(content, str) else [_block(part) for part in content]


def _blocks_of_answer(message: ChatMessage) -> list[Block]:
    """In the order in which they came: reasoning, text, calls."""
    blocks: list[Block] = []
    if message.reasoning_content:
        # The signature belongs to the format; this upstream gives none.
        blocks.append({"type": "thinking", "thinking": message.reasoning_content, "signature": ""})
    if message.content:
        blocks.append({"type": "text", "text": message.content})
    return blocks + [_call(call) for call in message.tool_calls or ()]


def _block(part: Part) -> Block:
    if isinstance(part, ImagePart):
        return {"type": "image", "source": _source(part.image_url.url)}
    assert isinstance(part, TextPart)  # noqa: S101  # files have been refused
    return {"type": "text", "text": part.text}


def _source(url: str) -> Block:
    if url[:5].lower() != "data:":
        return {"type": "url", "url": url}
    media_type, _, data = url[5:].partition(";base64,")
    return {"type": "base64", "media_type": media_type.lower(), "data": data}


def _call(call: ToolCall) -> Block:
    return {"type": "tool_use", "id": call.id, "name": call.function.name, "input": _input(call.function.arguments)}


def _input(arguments: str) -> Block:
    """The format wants an object; arguments that are none travel inside of one."""
    try:
        return msgspec.json.decode(arguments or "{}", type=dict[str, Any])
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return {"arguments": arguments}


def _result(message: ChatMessage) -> Block:
    return {"type": "tool_result", "tool_use_id": message.tool_call_id, "content": _said(message.content)}


def _tool(function: Function) -> Block:
    described = {"description": function.description} if function.description is not None else {}
    schema = function.parameters if function.parameters is not None else {"type": "object", "properties": {}}
    return {"name": function.name, **described, "input_schema": schema}


def _tool_choice(choice: str) -> Block:
    return {"type": _TOOL_CHOICES[choice]} if choice in _TOOL_CHOICES else {"type": "tool", "name": choice}


def _parts(message: ChatMessage) -> Sequence[Part]:
    return () if isinstance(message.content, str) else message.content
