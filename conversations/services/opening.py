"""What a page needs of a conversation: to begin with, and to catch up when it opens it on the socket."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db.models import OuterRef, Subquery

from conversations.history.cipher import Cipher
from conversations.history.keyring import keyring
from conversations.models import Conversation, Generation, Message
from conversations.services import drafts
from conversations.services.access import conversation_of
from conversations.services.branch_pages import page_rows
from conversations.services.conversations import message_rows
from conversations.services.rows import conversation_row, generation_row
from conversations.services.summaries import rows_of


@dataclass(frozen=True)
class Opening:
    """`created`: rows newer than what the page knows; `finished`: frames for answers that ended while it was away;
    `running`: message id and owner's channel of those to be watched."""

    conversation: dict[str, Any] = field(repr=False)
    created: list[dict[str, Any]] = field(repr=False)
    finished: list[dict[str, Any]] = field(repr=False)
    running: list[tuple[UUID, str]]


def read(user_id: UUID, conversation_id: UUID) -> dict[str, Any]:
    """What a page begins with: `{"conversation": row, "messages": rows, "newest": id or None, "summaries": rows}`. The
    messages are the last ones of the selected branch; `newest` is the newest one of the whole tree. Raises `NotFound`.

    At most six queries.
    """
    conversation = conversation_of(user_id, conversation_id, along=_with_newest())
    return _content(conversation, keyring().user(user_id))


def read_with_draft(user_id: UUID, conversation_id: UUID) -> tuple[dict[str, Any], dict[str, Any]]:
    """As `read`, and the row of the conversation's draft, without a query more."""
    conversation = conversation_of(user_id, conversation_id, along=_with_newest().select_related("draft"))
    cipher = keyring().user(user_id)
    return _content(conversation, cipher), drafts.row_of(conversation, cipher)


def _with_newest() -> Any:
    newest = Message.objects.filter(conversation=OuterRef("pk")).order_by("-pk").values("pk")[:1]
    return Conversation.objects.annotate(newest=Subquery(newest))


def _content(conversation: Conversation, cipher: Cipher) -> dict[str, Any]:
    # It was read before the messages: one that comes in between is sent when the page opens the conversation.
    newest: UUID | None = vars(conversation)["newest"]
    end = conversation.leaf_id or newest
    return {
        "conversation": conversation_row(conversation, cipher),
        "messages": page_rows(conversation.pk, end, cipher) if end else [],
        "newest": str(newest) if newest else None,
        "summaries": rows_of(conversation, cipher),
    }


def opening(user_id: UUID, conversation_id: UUID, *, newest: UUID | None, seen: AbstractSet[UUID]) -> Opening:
    """`newest` is the newest message that the page knows of, `seen` those that it believes to be running.

    Raises `NotFound`. At most eight queries.
    """
    conversation = conversation_of(user_id, conversation_id)
    cipher = keyring().user(user_id)
    created = Message.objects.filter(conversation=conversation).select_related("generation").order_by("id")
    if newest is not None:
        created = created.filter(id__gt=newest)
    running = Generation.objects.filter(message__conversation=conversation, status__in=Generation.UNFINISHED)
    ended = (
        Generation.objects.select_related("message")
        .filter(pk__in=seen, message__conversation=conversation)
        .exclude(status__in=Generation.UNFINISHED)
        if seen
        else []
    )
    return Opening(
        conversation=conversation_row(conversation, cipher),
        created=message_rows(list(created), cipher),
        finished=[
            {
                "type": "generation.finished",
                "message": str(generation.pk),
                **generation_row(generation),
                "text": generation.message.unseal(cipher, "text"),
                "reasoning": generation.message.unseal(cipher, "reasoning"),
            }
            for generation in ended
        ],
        running=list(running.values_list("pk", "owner")),
    )
