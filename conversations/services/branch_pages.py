"""Branches page by page, from their end upwards: what a page shows of a long conversation."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import Q

from conversations.history.cipher import Cipher
from conversations.history.keyring import keyring
from conversations.models import Message, paths
from conversations.services.access import NotFound, conversation_of
from conversations.services.conversations import message_rows

PAGE = 40
"""Messages of a page: about ten screens."""
_ABOVE = 10
"""Messages above one that a page is to reach, so that the reader who comes back to it has something to scroll to."""


def branch_page(
    user_id: UUID, conversation_id: UUID, *, end: UUID, through: bool = False, reach: UUID | None = None
) -> dict[str, Any]:
    """`{"messages": rows}` of the path that ends with the message `end`, the last ones, oldest first.

    `through`: `end` is a message within the branch, which goes on below it along the newest messages to its end.
    `reach`: a message further up that the page is to have, however long it becomes; ignored when it is not up there.
    Raises `NotFound`. At most seven queries.
    """
    conversation = conversation_of(user_id, conversation_id)
    if through:
        end = paths.newest_end(conversation.pk, end) or end
    steps = paths.length(conversation.pk, end, reach) if reach is not None else None
    rows = page_rows(conversation.pk, end, keyring().user(user_id), most=max(PAGE, (steps or 0) + _ABOVE))
    if not rows:
        raise NotFound
    return {"messages": rows}


def page_rows(conversation_id: UUID, end: UUID, cipher: Cipher, *, most: int = PAGE) -> list[dict[str, Any]]:
    """Rows of the message `end` and of those above it, oldest first. A message with alternatives has their ids as
    `alternatives`, oldest first, itself among them. At most four queries.
    """
    above = paths.up(conversation_id, end, most=most)
    found = {row.pk: row for row in Message.objects.filter(pk__in=above).select_related("generation")}
    branch: list[Message] = []
    step: UUID | None = end
    while step in found:
        branch.append(found[step])
        step = found[step].parent_id
    branch.reverse()
    alternatives = _alternatives(conversation_id, branch)
    return [
        row | {"alternatives": others} if len(others := alternatives[message.parent_id, message.role]) > 1 else row
        for row, message in zip(message_rows(branch, cipher), branch, strict=True)
    ]


def _alternatives(conversation_id: UUID, branch: list[Message]) -> dict[tuple[UUID | None, str], list[str]]:
    """Ids by parent and role: of the messages of a branch and of those beside them."""
    beside = Q(parent_id__in=[message.parent_id for message in branch if message.parent_id is not None])
    if branch and branch[0].parent_id is None:
        beside |= Q(conversation_id=conversation_id, parent_id=None)
    found: dict[tuple[UUID | None, str], list[str]] = {}
    if branch:
        for key, parent, role in Message.objects.filter(beside).order_by("pk").values_list("pk", "parent_id", "role"):
            found.setdefault((parent, role), []).append(str(key))
    return found
