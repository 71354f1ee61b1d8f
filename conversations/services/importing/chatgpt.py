"""ChatGPT's export: `conversations.json`, in which each conversation maps node ids to nodes. Pure."""

from __future__ import annotations

from typing import Any

import msgspec

from conversations.services.importing.document import (
    ImportedConversation,
    ImportedMessage,
    circular,
    moment,
    without_hidden,
)


class _Author(msgspec.Struct):
    role: str = ""


class _Content(msgspec.Struct):
    content_type: str = "text"
    parts: list[Any] | None = None
    text: Any = None
    thoughts: list[Any] | None = None
    content: Any = None


class _Message(msgspec.Struct):
    author: _Author
    content: _Content | None = None
    create_time: float | None = None
    recipient: str | None = None
    metadata: dict[str, Any] | None = None


class _Node(msgspec.Struct):
    message: _Message | None = None
    parent: str | None = None


class _Conversation(msgspec.Struct):
    mapping: dict[str, _Node]
    title: str | None = None
    id: str | None = None
    conversation_id: str | None = None
    create_time: float | None = None
    update_time: float | None = None
    current_node: str | None = None
    default_model_slug: str | None = None
    is_archived: bool | None = None
    is_starred: bool | None = None


_decoder = msgspec.json.Decoder(_Conversation)


def conversation(raw: bytes | msgspec.Raw) -> ImportedConversation:
    """Raises `Unacceptable`, `msgspec.ValidationError`."""
    found = _decoder.decode(raw)
    nodes = {key: (node.parent, _message(key, node.message)) for key, node in found.mapping.items()}
    messages = without_hidden(nodes)
    return ImportedConversation(
        source="chatgpt",
        key=found.conversation_id or found.id or "",
        title=found.title or "",
        messages=messages,
        leaf=_leaf(found, {message.key for message in messages}),
        created=moment(found.create_time),
        updated=moment(found.update_time),
        model=found.default_model_slug or "",
        archived=bool(found.is_archived),
        pinned=bool(found.is_starred),
    )


def _leaf(found: _Conversation, kept: set[str]) -> str | None:
    """The node that was shown, or the nearest above it that was kept."""
    key = found.current_node
    for _ in range(len(found.mapping) + 2):
        if key is None or key in kept:
            return key
        node = found.mapping.get(key)
        key = node.parent if node else None
    raise circular()


def _message(key: str, found: _Message | None) -> ImportedMessage | None:
    """None for what the page of ChatGPT does not show either."""
    if found is None or found.content is None or found.author.role not in ("user", "assistant"):
        return None
    metadata = found.metadata or {}
    is_for_tool = found.author.role == "assistant" and found.recipient not in (None, "all")
    if metadata.get("is_visually_hidden_from_conversation") or is_for_tool:
        return None
    text, reasoning = _texts(found.content)
    if not text and not reasoning:
        return None
    model = metadata.get("model_slug")
    return ImportedMessage(
        key=key,
        parent=None,
        role=found.author.role,
        text=text,
        reasoning=reasoning,
        created=moment(found.create_time),
        model=model if isinstance(model, str) else "",
    )


def _texts(content: _Content) -> tuple[str, str]:
    """Text and reasoning."""
    match content.content_type:
        case "text" | "multimodal_text":
            return "\n\n".join(filter(None, map(_part, content.parts or []))), ""
        case "code" if isinstance(content.text, str):
            return f"```\n{content.text}\n```", ""
        case "thoughts":
            thoughts = [each.get("content") for each in content.thoughts or [] if isinstance(each, dict)]
            return "", "\n\n".join(each for each in thoughts if isinstance(each, str))
    return "", ""


def _part(part: object) -> str:
    if isinstance(part, str):
        return part
    if isinstance(part, dict):
        if isinstance(part.get("text"), str):
            return str(part["text"])
        if "image" in str(part.get("content_type", "")):
            return "*(An image that was not imported.)*"
        return "*(An attachment that was not imported.)*"
    return ""
