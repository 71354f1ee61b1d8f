"""Rows as pages and sockets show them (`docs/protocol.md`): decrypted, for their owner only."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext, gettext_noop

from conversations.deepseek.calls import FIRST
from conversations.generation import failures
from conversations.generation import options as options_format
from conversations.history.cipher import Cipher, Unreadable
from conversations.history.fields import SealedRow
from conversations.models import Attachment, Conversation, Generation, Message

logger = logging.getLogger(__name__)

_UNREADABLE = gettext_noop("(This text cannot be decrypted. Your administrators find its place in the log.)")


def conversation_row(conversation: Conversation, cipher: Cipher) -> dict[str, Any]:
    """A conversation as it stands in the list, and what its next message starts from."""
    return list_row(conversation, cipher) | {
        "instructions": readable(conversation, "instructions", cipher),
        "options": _options(conversation, cipher),
    }


def list_row(conversation: Conversation, cipher: Cipher) -> dict[str, Any]:
    """A conversation as it stands in the list."""
    return {
        "id": str(conversation.pk),
        "title": readable(conversation, "title", cipher),
        "created": timestamp(conversation.created_at),
        "updated": timestamp(conversation.updated_at),
        "leaf": str(conversation.leaf_id) if conversation.leaf_id else None,
        "model": conversation.model,
        "thinking": conversation.thinking,
        "pinned": conversation.pinned_at is not None,
        "archived": conversation.archived_at is not None,
        "folder": str(conversation.folder_id) if conversation.folder_id else None,
    }


def message_row(
    message: Message,
    generation: Generation | None,
    cipher: Cipher,
    *,
    seq: int = 0,
    text: str = "",
    reasoning: str = "",
    attachments: Sequence[dict[str, Any]] = (),
) -> dict[str, Any]:
    """A message; `text` and `reasoning` are what checkpoints hold beyond its own columns, up to frame `seq`."""
    return {
        "id": str(message.pk),
        "conversation": str(message.conversation_id),
        "parent": str(message.parent_id) if message.parent_id else None,
        "role": message.role,
        "text": readable(message, "text", cipher) + text,
        "reasoning": readable(message, "reasoning", cipher) + reasoning,
        "attachments": list(attachments),
        "created": timestamp(message.created_at),
        "generation": generation_row(generation, seq=seq) | {"options": _options(generation, cipher)}
        if generation is not None
        else None,
    }


def attachment_row(attachment: Attachment, cipher: Cipher) -> dict[str, Any]:
    """An attachment as its chip shows it; `parts` counts pages or sheets."""
    return {
        "id": str(attachment.pk),
        "name": readable(attachment, "name", cipher),
        "kind": attachment.kind,
        "size": attachment.size,
        "tokens": attachment.tokens,
        "parts": attachment.parts,
        "width": attachment.width,
        "height": attachment.height,
    }


def generation_row(generation: Generation, *, seq: int = 0) -> dict[str, Any]:
    """State and figures of an answer whose message is at hand. `seq`: what the text beside it covers, while it runs."""
    running = generation.status in Generation.UNFINISHED
    return {
        "status": str(generation.status),
        "attempt": generation.attempt,
        "seq": seq if running else generation.seq,
        "model": generation.model,
        "thinking": generation.thinking,
        "served_by": None if generation.upstream in ("", FIRST) else generation.upstream,
        "finish_reason": generation.finish_reason or None,
        "error": failures.describe(
            generation.error_code, partial=bool(generation.message.text), upstream=generation.upstream
        ),
        "usage": _usage(generation),
        "cost": _cost(generation),
        "duration_ms": generation.duration_ms,
        "reasoning_ms": generation.reasoning_ms,
    }


def readable(row: SealedRow, name: str, cipher: Cipher) -> str:
    """The text of a sealed column. One damaged row must not hide all others, so it is replaced by a word about it."""
    try:
        return row.unseal(cipher, name)
    except Unreadable as unreadable:
        logger.error("%s", unreadable)
        return gettext(_UNREADABLE)


def _options(row: Conversation | Generation, cipher: Cipher) -> dict[str, Any]:
    """The sampling settings of a row; none where they cannot be read."""
    try:
        found = options_format.decode(row.unseal(cipher, "options"))
    except Unreadable as unreadable:
        logger.error("%s", unreadable)
        found = options_format.DEFAULT
    return found.shown()


def timestamp(moment: datetime) -> str:
    """ISO 8601 in UTC with microseconds, which sorts as text."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _usage(generation: Generation) -> dict[str, Any] | None:
    if generation.completion_tokens is None:
        return None
    return {
        "prompt": generation.prompt_tokens,
        "cached": generation.cached_tokens,
        "completion": generation.completion_tokens,
        "reasoning": generation.reasoning_tokens,
        "estimated": generation.estimated,
    }


def _cost(generation: Generation) -> dict[str, Any] | None:
    if generation.cost is None:
        return None
    return {
        "amount": format(generation.cost.quantize(Decimal("0.000000001")).normalize(), "f"),
        "currency": generation.currency,
        "estimated": generation.estimated,
        "simulated": generation.simulated,
    }
