"""Branches of a conversation's tree: reading one, selecting the one that is shown."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db import transaction

from conversations.history.keyring import keyring
from conversations.models import Conversation, Message
from conversations.services.access import NotFound, conversation_of
from conversations.services.rows import conversation_row


def branch_to(conversation: Conversation, leaf_id: UUID | None) -> list[Message]:
    """The path from the root to `leaf_id`, that included. Raises `NotFound` when it is not in this conversation."""
    if leaf_id is None:
        return []
    rows = {row.pk: row for row in Message.objects.filter(conversation=conversation).select_related("generation")}
    branch: list[Message] = []
    step: UUID | None = leaf_id
    while step is not None:
        if step not in rows:
            raise NotFound
        branch.append(rows[step])
        step = rows[step].parent_id
    return branch[::-1]


def select(user_id: UUID, conversation_id: UUID, leaf_id: UUID) -> dict[str, Any]:
    """Remember the branch down to `leaf_id` as the one that is shown. Returns the conversation's row.

    Looking at another branch is no news: the conversation keeps its place in the list. Raises `NotFound`.
    """
    with transaction.atomic():
        conversation = conversation_of(user_id, conversation_id, lock=True)
        if not Message.objects.filter(pk=leaf_id, conversation=conversation).exists():
            raise NotFound
        conversation.leaf_id = leaf_id
        conversation.save(update_fields=["leaf"])
    return conversation_row(conversation, keyring().user(user_id))
