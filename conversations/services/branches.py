"""Branches of a conversation's tree: reading one, selecting the one that is shown."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple, Self
from uuid import UUID

from django.db import transaction
from django.db.models import UUIDField

from conversations.history.cipher import Cipher
from conversations.history.fields import sealed_field
from conversations.history.keyring import keyring
from conversations.models import Conversation, Generation, Message, Summary, paths
from conversations.models.statements import Param, Select
from conversations.services.access import NotFound, locked_conversation
from conversations.services.rows import conversation_row


class SummaryInForce(NamedTuple):
    """The summary of a message, sealed: it stands for that and for all above it."""

    id: UUID
    text: bytes
    version: int
    changed_at: datetime

    def __repr__(self) -> str:
        return f"<SummaryInForce {self.id}>"

    def unseal(self, cipher: Cipher) -> str:
        """Raises `Unreadable`."""
        return cipher.open(self.text, sealed_field(Summary, "text").place(self.id))


class Said(NamedTuple):
    """A message of a branch, sealed, with what prompts have to know of it. No model's instance: of those, a long chat's
    would take longer than everything else that a question does.

    `status` to `attempt_started_at` are the generation's; None for what a person said.
    """

    id: UUID
    parent_id: UUID | None
    role: str
    text: bytes
    reasoning: bytes = b""
    status: str | None = None
    finish_reason: str | None = None
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    reasoning_tokens: int | None = None
    estimated: bool | None = None
    created_at: datetime | None = None
    attempt_started_at: datetime | None = None
    summary: SummaryInForce | None = None

    def __repr__(self) -> str:
        return f"<Said {self.id}>"

    @classmethod
    def by_person(cls, message: Message) -> Self:
        """Of a message that is not stored yet."""
        return cls(message.pk, message.parent_id, message.role, message.text)

    @property
    def is_running(self) -> bool:
        return self.status in Generation.UNFINISHED

    def unseal(self, cipher: Cipher) -> tuple[str, str]:
        """Reasoning and text. Raises `Unreadable`."""
        reasoning, text = sealed_field(Message, "reasoning"), sealed_field(Message, "text")
        return cipher.open(self.reasoning, reasoning.place(self.id)), cipher.open(self.text, text.place(self.id))


_COLUMNS = (*Said._fields[:5], *(f"generation__{name}" for name in Said._fields[5:-1]))
_find_path = Select(
    lambda: Message.objects.filter(
        pk__in=paths.open_end(conversation=Param("conversation", UUIDField()), message=Param("message", UUIDField()))
    ).values_list(*_COLUMNS, *(f"summary__{name}" for name in SummaryInForce._fields))
)


def branch_to(conversation: Conversation, leaf_id: UUID | None) -> list[Said]:
    """The path to `leaf_id`, that included, oldest first: from the root, or from the last message that has a summary.
    Raises `NotFound` when it is not in this conversation. One statement, in which summaries and messages fit together.
    """
    if leaf_id is None:
        return []
    rows = {row[0]: row for row in _find_path.rows(conversation=conversation.pk, message=leaf_id)}
    if not rows:
        raise NotFound
    branch: list[Said] = []
    step: UUID | None = leaf_id
    while step in rows:
        row = rows[step]
        summary = SummaryInForce(*row[len(_COLUMNS) :]) if row[len(_COLUMNS)] else None
        branch.append(Said._make((*row[: len(_COLUMNS)], summary)))
        step = row[1]
    return branch[::-1]


def select(user_id: UUID, conversation_id: UUID, leaf_id: UUID) -> dict[str, Any]:
    """Remember the branch down to `leaf_id` as the one that is shown. Returns the conversation's row.

    Looking at another branch is no news: the conversation keeps its place in the list. Raises `NotFound`.
    """
    with transaction.atomic():
        conversation = locked_conversation(user_id, conversation_id)
        if not Message.objects.filter(pk=leaf_id, conversation=conversation).exists():
            raise NotFound
        conversation.leaf_id = leaf_id
        conversation.save(update_fields=["leaf"])
    return conversation_row(conversation, keyring().user(user_id))
