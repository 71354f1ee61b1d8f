"""The trash: what is deleted is hidden at once, can be had back for some seconds, and is then removed for good.

The deadline is kept here and not in the page, so that a tab that is closed neither loses nor keeps anything.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models.functions import Now

from conversations.history.keyring import keyring
from conversations.models import Conversation, Generation
from conversations.services import announcements, arrangement, process
from conversations.services.conversations import Running
from conversations.services.rows import conversation_row


def put(user_id: UUID, ids: Sequence[UUID]) -> None:
    """Delete conversations: hidden from now on, their running answers stopped. All of them or none.

    Raises `NotFound`, `Refused`.
    """
    with transaction.atomic():
        arrangement.locked(user_id, ids)
        _hide(user_id, list(ids))


def put_all(user_id: UUID) -> int:
    """Delete all of a person's conversations, archived ones too. Returns how many."""
    with transaction.atomic():
        present = Conversation.objects.filter(user_id=user_id, trashed_at__isnull=True)
        ids = list(present.select_for_update().order_by("pk").values_list("pk", flat=True))
        _hide(user_id, ids)
    return len(ids)


def _hide(user_id: UUID, ids: list[UUID]) -> None:
    mine = Conversation.objects.filter(user_id=user_id, trashed_at__isnull=True)
    running: list[Running] = []
    for start in range(0, len(ids), arrangement.MOST):
        some = ids[start : start + arrangement.MOST]
        unfinished = Generation.objects.select_for_update(of=("self",)).filter(
            message__conversation__in=some, status__in=Generation.UNFINISHED
        )
        running += unfinished.order_by("pk").values_list("message_id", "owner")
        mine.filter(pk__in=some).update(trashed_at=Now())
    # The fact first: should the word to the owner get lost, it reads this with its next renewal.
    Generation.objects.filter(pk__in=[message_id for message_id, _ in running], stop_requested_at__isnull=True).update(
        stop_requested_at=Now()
    )
    transaction.on_commit(partial(process.halt, running))
    transaction.on_commit(partial(announcements.deleted, user_id, ids))
    transaction.on_commit(process.trashed)


def restore(user_id: UUID, ids: Sequence[UUID]) -> dict[str, Any]:
    """Undo: `{"conversations": rows, "gone": ids}`; what was removed meanwhile is gone."""
    cipher = keyring().user(user_id)
    with transaction.atomic():
        found = Conversation.objects.select_for_update().filter(user_id=user_id, pk__in=ids, trashed_at__isnull=False)
        rows = list(found.order_by("pk"))
        for row in rows:
            row.trashed_at = None
            if (
                row.origin
                and Conversation.objects.filter(user_id=user_id, origin=row.origin, trashed_at__isnull=True)
                .exclude(pk=row.pk)
                .exists()
            ):
                # It was imported once more meanwhile.
                row.origin = ""
            row.save(update_fields=["trashed_at", "origin"])
        back = [conversation_row(row, cipher) for row in rows]
        transaction.on_commit(partial(announcements.changed, user_id, back))
    gone = sorted({str(each) for each in ids} - {row["id"] for row in back})
    return {"conversations": back, "gone": gone}


def restore_all(user_id: UUID) -> int:
    """Undo for all that is in the trash. Returns how many came back."""
    ids = list(Conversation.objects.filter(user_id=user_id, trashed_at__isnull=False).values_list("pk", flat=True))
    return sum(
        len(restore(user_id, ids[start : start + arrangement.MOST])["conversations"])
        for start in range(0, len(ids), arrangement.MOST)
    )
