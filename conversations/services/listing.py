"""The list of conversations: in pages, by place, and what is found in it."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils.translation import gettext

from conversations.history.cipher import Cipher, Unreadable
from conversations.history.fields import sealed_field
from conversations.history.keyring import keyring
from conversations.history.matching import Query
from conversations.models import Conversation
from conversations.services import folders
from conversations.services.access import Refused
from conversations.services.rows import list_row

logger = logging.getLogger(__name__)

PAGE = 50
FIRST = 25
"""Conversations that come with the page: what a screen shows. More come before one has scrolled to their end."""
MOST_PINNED = 100
MOST_FOUND = 50
MOST_SEARCHED = 20_000
"""Titles that one search decrypts, newest first: 5,000 take about 80 ms."""
_QUERY_LENGTH = 200


@dataclass(frozen=True, slots=True)
class Cursor:
    """After which row a page begins. The id tells rows apart that were changed in the same microsecond."""

    updated: datetime
    id: UUID


@dataclass(frozen=True, slots=True)
class Place:
    """Where conversations stand: in the list, in the archive or in a folder."""

    archived: bool = False
    folder: UUID | None = None

    def condition(self) -> Q:
        if self.archived:
            return Q(archived_at__isnull=False)
        if self.folder is not None:
            return Q(archived_at__isnull=True, folder_id=self.folder)
        return Q(archived_at__isnull=True, folder__isnull=True, pinned_at__isnull=True)


LIST = Place()


def present(user_id: UUID) -> QuerySet[Conversation]:
    """A person's conversations, without those in the trash."""
    return Conversation.objects.filter(user_id=user_id, trashed_at__isnull=True)


def list_page(user_id: UUID, place: Place = LIST, *, after: Cursor | None = None, limit: int = PAGE) -> dict[str, Any]:
    """`{"conversations": rows, "more": bool}` of a place, newest first, from the row behind `after` on. One query."""
    rows = present(user_id).filter(place.condition()).order_by("-updated_at", "-id")
    if after is not None:
        rows = rows.filter(Q(updated_at__lt=after.updated) | Q(updated_at=after.updated, id__lt=after.id))
    page = list(rows[: limit + 1])
    cipher = keyring().user(user_id)
    return {"conversations": [list_row(row, cipher) for row in page[:limit]], "more": len(page) > limit}


def first_page(user_id: UUID, *, limit: int = FIRST) -> dict[str, Any]:
    """What the sidebar begins with: the first page of the list, all that is pinned, and the folders. Three queries."""
    cipher = keyring().user(user_id)
    pinned = present(user_id).filter(pinned_at__isnull=False, archived_at__isnull=True).order_by("-updated_at", "-id")
    return {
        **list_page(user_id, limit=limit),
        # All of them: what was deleted, and had back when others were pinned, may be beyond the limit.
        "pinned": [list_row(row, cipher) for row in pinned],
        "folders": folders.rows(user_id),
    }


def find(user_id: UUID, text: str) -> dict[str, Any]:
    """`{"conversations": rows, "more": bool}` of those whose title has every word of `text`, newest first.

    Titles are ciphertext, so each is opened here; the rest of a row is read for what was found only. Two queries.
    """
    query = Query(text[:_QUERY_LENGTH])
    if not query:
        raise Refused("query_empty", gettext("There is nothing to look for yet."))
    cipher = keyring().user(user_id)
    titles = present(user_id).order_by("-updated_at", "-id").values_list("pk", "title")
    place = sealed_field(Conversation, "title").place
    found: list[UUID] = []
    for row_id, title in titles[:MOST_SEARCHED]:
        if query.is_in(_opened(cipher, bytes(title), place(row_id))):
            found.append(row_id)
            if len(found) > MOST_FOUND:
                break
    rows = present(user_id).filter(pk__in=found[:MOST_FOUND]).order_by("-updated_at", "-id")
    return {"conversations": [list_row(row, cipher) for row in rows], "more": len(found) > MOST_FOUND}


def _opened(cipher: Cipher, title: bytes, place: str) -> str:
    """A title that cannot be decrypted is not found; the others are."""
    try:
        return cipher.open(title, place)
    except Unreadable as unreadable:
        logger.error("%s", unreadable)
        return ""
