"""The one door to what belongs to a person. "Not yours", "not there" and "deleted" look the same."""

from __future__ import annotations

from uuid import UUID

from django.db.models import QuerySet
from django.utils.translation import gettext

from conversations.models import Conversation, Message


class Refused(Exception):
    """A command cannot be done. `code` is for the page, the text for the person; nothing was changed.

    `field`: the name of the setting that is at fault, if one is.
    """

    def __init__(self, code: str, message: str, *, field: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.field = field


class NotFound(Refused):
    """Not there, or not theirs. `message`: about what, when it is no conversation."""

    def __init__(self, message: str = "") -> None:
        super().__init__(
            "not_found",
            message or gettext("This conversation is not there any more. It may have been deleted in another tab."),
        )


def conversation_of(
    user_id: UUID, conversation_id: UUID, *, lock: bool = False, along: QuerySet[Conversation] | None = None
) -> Conversation:
    """The conversation, when it is this user's. Raises `NotFound`.

    `along`: all conversations, with what is to be read in the same query.

    `lock` (in a transaction): nobody else writes to the conversation until the transaction ends. Who writes takes this
    lock first, then those of generations, the daily rollup last; so writers wait for each other and never deadlock.
    """
    rows = Conversation.objects.all() if along is None else along
    if lock:
        rows = rows.select_for_update()
    conversation = rows.filter(pk=conversation_id, user_id=user_id, trashed_at__isnull=True).first()
    if conversation is None:
        raise NotFound
    return conversation


def message_of(user_id: UUID, message_id: UUID) -> Message:
    """The message with its conversation and generation, when it is this user's. Raises `NotFound`."""
    message = (
        Message.objects.select_related("conversation", "generation")
        .filter(pk=message_id, conversation__user_id=user_id, conversation__trashed_at__isnull=True)
        .first()
    )
    if message is None:
        raise NotFound
    return message
