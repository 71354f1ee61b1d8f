"""The one door to what belongs to a person. "Not yours", "not there" and "deleted" look the same."""

from __future__ import annotations

from uuid import UUID

from django.db import DEFAULT_DB_ALIAS
from django.db.models import QuerySet, UUIDField
from django.utils.translation import gettext

from conversations.models import Conversation, Message
from conversations.models.statements import Param, Select, columns

_find_locked = Select(
    lambda: (
        Conversation.objects.select_for_update()
        .filter(pk=Param("conversation", UUIDField()), user_id=Param("user", UUIDField()), trashed_at__isnull=True)
        .values_list(*columns(Conversation))
    )
)


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
    user_id: UUID, conversation_id: UUID, *, along: QuerySet[Conversation] | None = None
) -> Conversation:
    """The conversation, when it is this user's. Raises `NotFound`.

    `along`: all conversations, with what is to be read in the same query.
    """
    rows = Conversation.objects.all() if along is None else along
    conversation = rows.filter(pk=conversation_id, user_id=user_id, trashed_at__isnull=True).first()
    if conversation is None:
        raise NotFound
    return conversation


def locked_conversation(user_id: UUID, conversation_id: UUID) -> Conversation:
    """As `conversation_of`, in a transaction, until whose end nobody else writes to the conversation.

    Who writes takes this lock first, then those of generations, the daily rollup last; so writers wait for each other
    and never deadlock.
    """
    found = _find_locked.first(conversation=conversation_id, user=user_id)
    if found is None:
        raise NotFound
    return Conversation.from_db(DEFAULT_DB_ALIAS, columns(Conversation), found)


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
