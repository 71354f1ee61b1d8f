"""Open WebUI's export: an array of chats, each with the tree of its messages in `chat.history.messages`. Pure."""

from __future__ import annotations

import html
import re
from typing import Any

import msgspec

from conversations.services.importing.document import (
    ImportedConversation,
    ImportedMessage,
    moment,
    without_hidden,
)

_REASONING = re.compile(r'\A\s*<details type="reasoning"[^>]{0,500}>(.*?)</details>\s*', re.DOTALL)
_SUMMARY = re.compile(r"\A\s*<summary>[^<]{0,500}</summary>")


class _Message(msgspec.Struct, rename="camel"):
    role: str = ""
    content: Any = ""
    id: str | None = None
    parent_id: str | None = None
    timestamp: float | None = None
    model: str | None = None
    reasoning_content: str | None = msgspec.field(default=None, name="reasoning_content")


class _History(msgspec.Struct, rename="camel"):
    messages: dict[str, _Message] = {}
    current_id: str | None = None


class _Chat(msgspec.Struct):
    title: str | None = None
    models: list[Any] | None = None
    history: _History | None = None
    messages: list[_Message] | None = None
    timestamp: float | None = None
    system: str | None = None


class _Conversation(msgspec.Struct):
    chat: _Chat
    id: str | None = None
    title: str | None = None
    created_at: float | None = None
    updated_at: float | None = None
    pinned: bool | None = None
    archived: bool | None = None


_decoder = msgspec.json.Decoder(_Conversation)


def conversation(raw: bytes | msgspec.Raw) -> ImportedConversation:
    """Raises `Unacceptable`, `msgspec.ValidationError`."""
    found = _decoder.decode(raw)
    chat = found.chat
    messages = without_hidden(_nodes(chat))
    kept = {message.key for message in messages}
    current = chat.history.current_id if chat.history else None
    return ImportedConversation(
        source="open-webui",
        key=found.id or "",
        title=found.title or chat.title or "",
        messages=messages,
        leaf=current if current in kept else None,
        created=moment(found.created_at) or moment(chat.timestamp),
        updated=moment(found.updated_at),
        model=next((name for name in chat.models or [] if isinstance(name, str)), ""),
        instructions=chat.system or "",
        pinned=bool(found.pinned),
        archived=bool(found.archived),
    )


def _nodes(chat: _Chat) -> dict[str, tuple[str | None, ImportedMessage | None]]:
    if chat.history is not None and chat.history.messages:
        return {key: (each.parent_id, _message(key, each)) for key, each in chat.history.messages.items()}
    # Old versions kept a plain list.
    listed = chat.messages or []
    keys = [f"{number}" for number in range(len(listed))]
    return {
        key: (keys[number - 1] if number else None, _message(key, each))
        for number, (key, each) in enumerate(zip(keys, listed, strict=True))
    }


def _message(key: str, found: _Message) -> ImportedMessage | None:
    if found.role not in ("user", "assistant"):
        return None
    text, reasoning = _split(_text(found.content))
    reasoning = found.reasoning_content or reasoning
    if not text and not reasoning:
        return None
    return ImportedMessage(
        key=key,
        parent=None,
        role=found.role,
        text=text,
        reasoning=reasoning,
        created=moment(found.timestamp),
        model=found.model or "",
    )


def _text(content: object) -> str:
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        parts = [part.get("text") for part in content if isinstance(part, dict)]
        return "\n\n".join(part for part in parts if isinstance(part, str))
    return ""


def _split(text: str) -> tuple[str, str]:
    """Text and reasoning: it keeps the latter in a folded block at the beginning, quoted and escaped."""
    folded = _REASONING.match(text)
    if folded is None:
        return text, ""
    quoted = _SUMMARY.sub("", folded[1]).strip().splitlines()
    reasoning = "\n".join(html.unescape(line).removeprefix(">").removeprefix(" ") for line in quoted)
    return text[folded.end() :], reasoning
