"""Our own export (`docs/export.md`), version 1. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal, InvalidOperation
from functools import partial
from typing import Annotated, Any, Literal

import msgspec

from conversations.services.importing.document import (
    LONGEST_TEXT,
    ImportedConversation,
    ImportedDraft,
    ImportedFile,
    ImportedMessage,
    ImportedPreset,
    ImportedSummary,
    Unacceptable,
    in_order,
    moment,
)
from conversations.services.importing.document import marked as _

VERSIONS = (1,)
Files = Callable[[str, int], bytes | None]
"""What is at a place beside the document, when it has at most so many bytes."""
_Count = Annotated[int, msgspec.Meta(ge=0, le=2**53)]
_Milliseconds = Annotated[int, msgspec.Meta(ge=0, le=2**31 - 1)]
_MOST_COST = Decimal(10) ** 8


class _Usage(msgspec.Struct):
    prompt: _Count
    cached: _Count
    completion: _Count
    reasoning: _Count
    estimated: bool = False


class _Cost(msgspec.Struct):
    amount: str
    currency: Annotated[str, msgspec.Meta(max_length=3)]
    estimated: bool = False
    simulated: bool = False


class _Generation(msgspec.Struct):
    status: Literal["queued", "running", "complete", "stopped", "interrupted", "failed"] = "complete"
    model: Annotated[str, msgspec.Meta(max_length=100)] = ""
    thinking: Literal["off", "low", "high", "max"] = "off"
    options: dict[str, Any] = {}
    finish_reason: Annotated[str, msgspec.Meta(max_length=64)] | None = None
    error: Annotated[str, msgspec.Meta(max_length=64)] | None = None
    usage: _Usage | None = None
    cost: _Cost | None = None
    duration_ms: _Milliseconds | None = None
    reasoning_ms: _Milliseconds | None = None


class _Attachment(msgspec.Struct):
    name: str
    id: str = ""
    file: str = ""


class _Summary(msgspec.Struct):
    message: str
    text: str
    author: Literal["model", "person"] = "model"
    created: str | None = None
    changed: str | None = None


class _Message(msgspec.Struct):
    id: str
    role: Literal["user", "assistant"]
    text: str
    parent: str | None = None
    reasoning: str = ""
    created: str | None = None
    generation: _Generation | None = None
    attachments: list[_Attachment] = []


class _Conversation(msgspec.Struct):
    id: str
    title: str
    messages: list[_Message]
    created: str | None = None
    updated: str | None = None
    leaf: str | None = None
    model: Annotated[str, msgspec.Meta(max_length=100)] = ""
    thinking: Literal["off", "low", "high", "max"] = "off"
    instructions: str = ""
    options: dict[str, Any] = {}
    pinned: bool = False
    archived: bool = False
    folder: str | None = None
    summaries: list[_Summary] = []
    draft: str = ""


class Folder(msgspec.Struct):
    id: str
    name: Annotated[str, msgspec.Meta(max_length=100)]


class Document(msgspec.Struct):
    """The file; its conversations and presets are read one by one."""

    format: Literal["chatsite"]
    version: int
    conversations: list[msgspec.Raw]
    folders: list[Folder] = []
    presets: list[msgspec.Raw] = []
    draft: str = ""


class _Preset(msgspec.Struct):
    name: str
    instructions: str = ""
    model: Annotated[str, msgspec.Meta(max_length=100)] = ""
    thinking: Literal["", "off", "low", "high", "max"] = ""
    options: dict[str, Any] = {}


_decoder = msgspec.json.Decoder(_Conversation)
_preset_decoder = msgspec.json.Decoder(_Preset)


def conversation(raw: bytes | msgspec.Raw, folders: dict[str, str], files: Files) -> ImportedConversation:
    """`folders`: names by id. Raises `Unacceptable`, `msgspec.ValidationError`."""
    found = _decoder.decode(raw)
    _check_length(found.draft)
    messages = in_order(_message(message, files) for message in found.messages)
    return ImportedConversation(
        source="chatsite",
        key=found.id,
        title=found.title,
        messages=messages,
        leaf=found.leaf,
        created=moment(found.created),
        updated=moment(found.updated),
        model=found.model,
        thinking=found.thinking,
        instructions=found.instructions,
        options=found.options,
        pinned=found.pinned,
        archived=found.archived,
        folder=folders.get(found.folder or "", ""),
        summaries=tuple(_summaries(found)),
        draft=found.draft,
    )


def preset(raw: bytes | msgspec.Raw) -> ImportedPreset:
    """Raises `msgspec.ValidationError`."""
    found = _preset_decoder.decode(raw)
    return ImportedPreset(
        name=found.name,
        instructions=found.instructions,
        model=found.model,
        thinking=found.thinking,
        options=found.options,
    )


def draft(text: str) -> ImportedDraft:
    """Of a new conversation. Raises `Unacceptable`."""
    _check_length(text)
    return ImportedDraft(text)


def _check_length(text: str) -> None:
    if len(text) > LONGEST_TEXT:
        raise Unacceptable(_("one of its messages is longer than %(most)s characters"), most=f"{LONGEST_TEXT:,}")


def _summaries(found: _Conversation) -> Iterator[ImportedSummary]:
    """One a message, as they are stored; of answers, behind which a prompt can go on."""
    answers = {message.id for message in found.messages if message.role == "assistant"}
    usable = (each for each in found.summaries if each.message in answers and each.text.strip())
    for summary in {each.message: each for each in usable}.values():
        _check_length(summary.text)
        yield ImportedSummary(
            message=summary.message,
            text=summary.text,
            author=summary.author,
            created=moment(summary.created),
            changed=moment(summary.changed),
        )


def _files(found: _Message, files: Files) -> Iterator[ImportedFile]:
    for each in found.attachments:
        yield ImportedFile(key=each.id or each.file, name=each.name, content=partial(files, each.file))


def _message(found: _Message, files: Files) -> ImportedMessage:
    generation = found.generation if found.role == "assistant" else None
    return ImportedMessage(
        key=found.id,
        parent=found.parent,
        role=found.role,
        text=found.text,
        reasoning=found.reasoning,
        created=moment(found.created),
        model=generation.model if generation else "",
        figures=_figures(generation) if generation else {},
        options=generation.options if generation else {},
        files=tuple(_files(found, files)) if found.role == "user" else (),
    )


def _figures(found: _Generation) -> dict[str, Any]:
    figures: dict[str, Any] = {
        # Nobody goes on writing what was being written when it was exported.
        "status": "interrupted" if found.status in ("queued", "running") else found.status,
        "thinking": found.thinking,
        "finish_reason": found.finish_reason or "",
        "error_code": found.error or "",
        "duration_ms": found.duration_ms,
        "reasoning_ms": found.reasoning_ms,
    }
    if found.usage is not None:
        figures |= {
            "prompt_tokens": found.usage.prompt,
            "cached_tokens": found.usage.cached,
            "completion_tokens": found.usage.completion,
            "reasoning_tokens": found.usage.reasoning,
            "estimated": found.usage.estimated,
        }
    if found.cost is not None:
        figures |= {
            "cost": _amount(found.cost.amount),
            "currency": found.cost.currency,
            "estimated": found.cost.estimated,
            "simulated": found.cost.simulated,
        }
    return figures


def _amount(text: str) -> Decimal:
    try:
        amount = Decimal(text[:40])
    except InvalidOperation:
        raise Unacceptable(_("a cost in it is no number")) from None
    if not amount.is_finite() or not 0 <= amount <= _MOST_COST:
        raise Unacceptable(_("a cost in it is no amount of money"))
    return amount
