"""What a page needs to catch up when it opens a conversation on the socket."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from conversations.history.keyring import keyring
from conversations.models import Generation
from conversations.services.access import conversation_of
from conversations.services.conversations import message_rows
from conversations.services.rows import conversation_row, generation_row


@dataclass(frozen=True)
class Opening:
    """`created`: rows newer than what the page knows; `finished`: frames for answers that ended while it was away;
    `running`: message id and owner's channel of those to be watched."""

    conversation: dict[str, Any] = field(repr=False)
    created: list[dict[str, Any]] = field(repr=False)
    finished: list[dict[str, Any]] = field(repr=False)
    running: list[tuple[UUID, str]]


def opening(user_id: UUID, conversation_id: UUID, *, newest: UUID | None, seen: AbstractSet[UUID]) -> Opening:
    """`newest` is the newest message that the page knows, `seen` those that it believes to be running.

    Raises `NotFound`. At most eight queries.
    """
    conversation = conversation_of(user_id, conversation_id)
    cipher = keyring().user(user_id)
    created = message_rows(conversation, cipher, newer_than=newest)
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
        created=created,
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
