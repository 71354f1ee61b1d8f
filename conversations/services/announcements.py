"""What open pages are told after a change of the list that was made over HTTP. From any thread, after the commit."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from typing import Any
from uuid import UUID

from conversations.services import process
from conversations.services.notices import Notice

_IN_ONE_FRAME = 500


def changed(user_id: UUID, rows: Iterable[dict[str, Any]]) -> None:
    """These conversations have other titles, places or marks."""
    process.announce(user_id, *(Notice({"type": "conversation.changed", "conversation": row}) for row in rows))


def deleted(user_id: UUID, conversations: Iterable[UUID]) -> None:
    """These conversations are not to be seen any more."""
    ids = map(str, conversations)
    while some := list(islice(ids, _IN_ONE_FRAME)):
        process.announce(user_id, Notice({"type": "conversations.deleted", "conversations": some}))


def list_changed(user_id: UUID) -> None:
    """More has changed than is worth naming: folders, an import, what came back from the trash."""
    process.announce(user_id, Notice({"type": "list.changed"}))


def preferences_changed(user_id: UUID, preferences: dict[str, Any]) -> None:
    process.announce(user_id, Notice({"type": "preferences.changed", "preferences": preferences}))
