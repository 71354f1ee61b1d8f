"""Conversations: the rows of their messages; rename, delete."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext

from conversations.generation.transcript import Piece, fold
from conversations.history.cipher import Cipher, Unreadable
from conversations.history.keyring import keyring
from conversations.models import Checkpoint, Conversation, Generation, Message
from conversations.services.access import Refused, locked_conversation
from conversations.services.attachments import rows_of_messages
from conversations.services.rows import conversation_row, message_row

logger = logging.getLogger(__name__)

Running = tuple[UUID, str]
"""An answer that is being written: its message, and the channel of the process that writes it."""

MAX_TITLE = 200
"""Characters of a title."""


def message_rows(messages: Sequence[Message], cipher: Cipher) -> list[dict[str, Any]]:
    """The rows of messages that were selected with their generations, in their order; running ones with the text of
    their checkpoints. A query for the files, and one for checkpoints where answers are being written.
    """
    running = [row for row in messages if (g := generation_of(row)) and g.status in Generation.UNFINISHED]
    partial = partial_texts(running, cipher)
    files = rows_of_messages([row.pk for row in messages], cipher) if messages else {}
    return [
        message_row(row, generation_of(row), cipher, attachments=files.get(row.pk, ()), **partial.get(row.pk, {}))
        for row in messages
    ]


def generation_of(message: Message) -> Generation | None:
    """The generation of a message that was selected together with it; None for a user's."""
    if message.role == Message.Role.USER:
        # Without a look into the database, where there is none.
        return None
    return getattr(message, "generation", None)


def partial_texts(messages: Iterable[Message], cipher: Cipher) -> dict[UUID, dict[str, Any]]:
    """`{message id: {"text", "reasoning", "seq"}}` of what checkpoints hold beyond the own columns of messages, which
    were selected with their generations; `seq` is of the attempt that those tell of. One query."""
    own = {message.pk: message for message in messages}
    texts: dict[UUID, dict[str, Any]] = {}
    if not own:
        return texts
    rows = Checkpoint.objects.filter(generation_id__in=own).order_by("generation_id", "attempt", "seq")
    for message_id, group in groupby(rows, key=lambda row: row.generation_id):
        found = list(group)
        before = own_texts(own[message_id], cipher)
        reasoning, text = read_checkpoints(found, cipher, before)
        seq = found[-1].seq if found[-1].attempt == own[message_id].generation.attempt else 0
        texts[message_id] = {"text": text[len(before[1]) :], "reasoning": reasoning[len(before[0]) :], "seq": seq}
    return texts


def own_texts(message: Message, cipher: Cipher) -> tuple[str, str]:
    """Reasoning and text in a message's own columns: of a running answer, what was there before it was continued.

    What cannot be decrypted counts as nothing, as in `read_checkpoints`.
    """
    try:
        return message.unseal(cipher, "reasoning"), message.unseal(cipher, "text")
    except Unreadable as unreadable:
        logger.error("%s", unreadable)
        return "", ""


def read_checkpoints(rows: list[Checkpoint], cipher: Cipher, before: tuple[str, str]) -> tuple[str, str]:
    """Reasoning and text of a generation: what was there `before`, and its checkpoints in the order of attempt and
    frame.

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
    reasoning, text = before
    return fold(pieces, reasoning=reasoning, text=text)


def rename(user_id: UUID, conversation_id: UUID, title: str) -> dict[str, Any]:
    """Give a conversation a title of the person's own. Returns its row. Raises `NotFound`, `Refused`."""
    title = " ".join(title.split())
    if not title:
        raise Refused("title_empty", gettext("A title needs at least one character. The old one was kept."))
    if len(title) > MAX_TITLE:
        message = gettext("A title has at most {most} characters. The old one was kept.").format(most=MAX_TITLE)
        raise Refused("title_too_long", message)
    with transaction.atomic():
        conversation = locked_conversation(user_id, conversation_id)
        cipher = keyring().user(user_id)
        conversation.seal(cipher, title=title)
        conversation.title_source = Conversation.TitleSource.PERSON
        conversation.save(update_fields=["title", "title_source"])
    return conversation_row(conversation, cipher)


def delete(user_id: UUID, conversation_id: UUID) -> list[Running]:
    """Remove a conversation for good, at once. Returns the answers that were running. Raises `NotFound`."""
    with transaction.atomic():
        return remove(locked_conversation(user_id, conversation_id))


def remove(conversation: Conversation) -> list[Running]:
    """Remove a locked conversation with all its messages. Returns the answers that were running."""
    # Locks: the conversation, then its generations in the order of their keys, as everywhere. With them nobody adds a
    # message or a checkpoint below what is being deleted.
    generations = Generation.objects.select_for_update(of=("self",)).filter(message__conversation=conversation)
    rows = list(generations.order_by("pk").values_list("message_id", "owner", "status"))
    conversation.delete()
    return [(message_id, owner) for message_id, owner, status in rows if status in Generation.UNFINISHED]
