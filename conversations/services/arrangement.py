"""Where conversations stand: pinned, archived, in a folder. Several at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from conversations.history.keyring import keyring
from conversations.models import Conversation
from conversations.services import announcements, folders, listing
from conversations.services.access import NotFound, Refused
from conversations.services.rows import conversation_row

MOST = 1000
"""Conversations that one command names."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What is to be changed; None leaves it as it is. `folder` counts when `moves`; None is the list."""

    pinned: bool | None = None
    archived: bool | None = None
    moves: bool = False
    folder: UUID | None = None

    def columns(self, now: datetime) -> dict[str, Any]:
        """What is archived is not pinned, and what is pinned is not archived: both say where to find it."""
        columns: dict[str, Any] = {}
        if self.pinned is not None:
            columns["pinned_at"] = now if self.pinned else None
            if self.pinned:
                columns["archived_at"] = None
        if self.archived is not None:
            columns["archived_at"] = now if self.archived else None
            if self.archived:
                columns["pinned_at"] = None
        if self.moves:
            columns["folder_id"] = self.folder
        return columns


def arrange(user_id: UUID, ids: Sequence[UUID], change: Change) -> list[dict[str, Any]]:
    """Change all of these, or none. Returns their rows. Raises `NotFound`, `NoSuchFolder`, `Refused`."""
    cipher = keyring().user(user_id)
    with transaction.atomic():
        locked(user_id, ids)
        if change.folder is not None:
            # Locked, lest it is deleted before this is written.
            folders.folder_of(user_id, change.folder, lock=True)
        if change.pinned:
            _check_pins(user_id, ids)
        found = Conversation.objects.filter(pk__in=ids)
        columns = change.columns(datetime.now(UTC))
        if columns:
            found.update(**columns)
        rows = [conversation_row(row, cipher) for row in found.order_by("pk")]
        transaction.on_commit(partial(announcements.changed, user_id, rows))
    return rows


def locked(user_id: UUID, ids: Sequence[UUID]) -> list[Conversation]:
    """The conversations, nobody else writing to them until the transaction ends. Raises `NotFound` when one is not
    theirs, `Refused` when they are too many."""
    if len(ids) > MOST:
        raise Refused("too_many", _("At most %d chats can be changed at once. None was changed.") % MOST)
    found = list(listing.present(user_id).select_for_update().filter(pk__in=ids).order_by("pk"))
    if len(found) != len(set(ids)):
        raise NotFound
    return found


def _check_pins(user_id: UUID, ids: Sequence[UUID]) -> None:
    others = listing.present(user_id).filter(pinned_at__isnull=False).exclude(pk__in=ids).count()
    if others + len(set(ids)) > listing.MOST_PINNED:
        raise Refused(
            "too_many_pinned",
            _("At most %d chats can be pinned. None was changed; unpin some first.") % listing.MOST_PINNED,
        )
