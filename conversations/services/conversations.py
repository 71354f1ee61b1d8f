"""Conversations: list, read, rename, delete."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from datetime import datetime
from itertools import groupby
from typing import Any
from uuid import UUID

from django.db import transaction

from conversations.generation.transcript import Piece, fold
from conversations.history.cipher import Cipher, Unreadable
from conversations.history.keyring import keyring
from conversations.models import Checkpoint, Conversation, Generation, Message
from conversations.services.access import Refused, conversation_of
from conversations.services.attachments import rows_of_conversation
from conversations.services.rows import conversation_row, message_row

logger = logging.getLogger(__name__)

MAX_TITLE = 200
"""Characters of a title."""


def list_page(user_id: UUID, *, before: datetime | None = None, limit: int = 50) -> dict[str, Any]:
    """`{"conversations": rows, "more": bool}`, newest first, of those last changed before `before`. One query."""
    rows = Conversation.objects.filter(user_id=user_id).order_by("-updated_at", "-id")
    if before is not None:
        rows = rows.filter(updated_at__lt=before)
    page = list(rows[: limit + 1])
    cipher = keyring().user(user_id)
    return {"conversations": [conversation_row(row, cipher) for row in page[:limit]], "more": len(page) > limit}


def read(user_id: UUID, conversation_id: UUID) -> dict[str, Any]:
    """`{"conversation": row, "messages": rows}` of the whole tree, oldest first. Raises `NotFound`. Five queries."""
    conversation = conversation_of(user_id, conversation_id)
    cipher = keyring().user(user_id)
    return {"conversation": conversation_row(conversation, cipher), "messages": message_rows(conversation, cipher)}


def message_rows(conversation: Conversation, cipher: Cipher, *, newer_than: UUID | None = None) -> list[dict[str, Any]]:
    """The rows of a conversation's messages, oldest first; running ones with the text of their checkpoints."""
    messages = Message.objects.filter(conversation=conversation).select_related("generation").order_by("id")
    if newer_than is not None:
        messages = messages.filter(id__gt=newer_than)
    found = list(messages)
    running = [row.pk for row in found if (g := generation_of(row)) and g.status in Generation.UNFINISHED]
    partial = partial_texts(running, cipher)
    files = rows_of_conversation(conversation.pk, cipher)
    return [
        message_row(row, generation_of(row), cipher, attachments=files.get(row.pk, ()), **partial.get(row.pk, {}))
        for row in found
    ]


def generation_of(message: Message) -> Generation | None:
    """The generation of a message that was selected together with it; None for a user's."""
    if message.role == Message.Role.USER:
        # Without a look into the database, where there is none.
        return None
    return getattr(message, "generation", None)


def partial_texts(message_ids: Iterable[UUID], cipher: Cipher) -> dict[UUID, dict[str, Any]]:
    """`{message id: {"text", "reasoning", "seq"}}` of what checkpoints hold; `seq` is of the last attempt."""
    ids = list(message_ids)
    texts: dict[UUID, dict[str, Any]] = {}
    if not ids:
        return texts
    attempts = dict(Generation.objects.filter(pk__in=ids).values_list("pk", "attempt"))
    rows = Checkpoint.objects.filter(generation_id__in=ids).order_by("generation_id", "attempt", "seq")
    for message_id, group in groupby(rows, key=lambda row: row.generation_id):
        found = list(group)
        reasoning, text = read_checkpoints(found, cipher)
        seq = found[-1].seq if found[-1].attempt == attempts.get(message_id) else 0
        texts[message_id] = {"text": text, "reasoning": reasoning, "seq": seq}
    return texts


def read_checkpoints(rows: list[Checkpoint], cipher: Cipher) -> tuple[str, str]:
    """Reasoning and text of a generation's checkpoints, in the order of attempt and frame.

    One that cannot be decrypted ends what is known; it must not keep the rest from being read.
    """
    pieces = []
    for row in rows:
        try:
            reasoning, text = row.unseal(cipher, "reasoning"), row.unseal(cipher, "text")
        except Unreadable as unreadable:
            logger.error("%s", unreadable)
            break
        pieces.append(Piece(row.seq, reasoning, text, row.reasoning_from, row.text_from))
    return fold(pieces)


def rename(user_id: UUID, conversation_id: UUID, title: str) -> dict[str, Any]:
    """Give a conversation a title of the person's own. Returns its row. Raises `NotFound`, `Refused`."""
    title = " ".join(title.split())
    if not title:
        raise Refused("title_empty", "A title needs at least one character. The old one was kept.")
    if len(title) > MAX_TITLE:
        raise Refused("title_too_long", f"A title has at most {MAX_TITLE} characters. The old one was kept.")
    with transaction.atomic():
        conversation = conversation_of(user_id, conversation_id, lock=True)
        cipher = keyring().user(user_id)
        conversation.seal(cipher, title=title)
        conversation.title_source = Conversation.TitleSource.PERSON
        conversation.save(update_fields=["title", "title_source"])
    return conversation_row(conversation, cipher)


def delete(user_id: UUID, conversation_id: UUID) -> list[tuple[UUID, str]]:
    """Remove a conversation with all its messages. Returns the answers that were running, with their owners' channels.

    Raises `NotFound`.
    """
    with transaction.atomic():
        # Locks: the conversation, then its generations in the order of their keys, as everywhere. With them nobody
        # adds a message or a checkpoint below what is being deleted.
        conversation = conversation_of(user_id, conversation_id, lock=True)
        generations = Generation.objects.select_for_update(of=("self",)).filter(message__conversation=conversation)
        rows = list(generations.order_by("pk").values_list("message_id", "owner", "status"))
        running = [(message_id, owner) for message_id, owner, status in rows if status in Generation.UNFINISHED]
        conversation.delete()
    return running
