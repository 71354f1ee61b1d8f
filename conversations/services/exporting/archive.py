"""What is exported, read piece by piece: at most a hundred messages are in memory at a time."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from chatsite import database
from conversations.history.cipher import Cipher
from conversations.history.keyring import keyring
from conversations.models import Attachment, Conversation, Message
from conversations.services import attachments, drafts, folders, listing, presets, summaries
from conversations.services.access import NotFound, Refused
from conversations.services.attachments import Stored
from conversations.services.conversations import message_rows
from conversations.services.rows import conversation_row

_CONVERSATIONS = 50
_MESSAGES = 100


@dataclass(frozen=True)
class Exported:
    """A conversation on its way out, with its instructions and its draft: nothing is missing in an export."""

    row: Conversation = field(repr=False)
    data: dict[str, Any] = field(repr=False)

    @property
    def title(self) -> str:
        return str(self.data["title"])


class Archive:
    """A person's conversations, all of them or some, in the order of their making."""

    def __init__(self, user_id: UUID, ids: Iterable[UUID] | None = None) -> None:
        """`ids` None: all. What is in the trash is not exported."""
        self._user_id = user_id
        self._ids = None if ids is None else sorted(set(ids))

    async def check(self) -> int:
        """How many there are. Raises `NotFound` when one of them is not theirs."""
        count = await database.run(self._count)
        if self._ids is not None and count != len(self._ids):
            raise NotFound
        return count

    @property
    def is_whole(self) -> bool:
        """Whether it is all that the person has, and not some of their conversations."""
        return self._ids is None

    async def presets(self) -> list[dict[str, Any]]:
        """The person's own ones."""
        return await database.run(presets.own_rows, self._user_id)

    async def new_draft(self) -> str:
        """What they have written for a conversation that is not there yet."""
        return str((await database.run(drafts.read, self._user_id, None))["text"])

    async def folders(self) -> list[dict[str, Any]]:
        return await database.run(folders.rows, self._user_id)

    async def conversations(self) -> AsyncIterator[Exported]:
        after: UUID | None = None
        while batch := await database.run(self._batch, after):
            for each in batch:
                yield each
            after = batch[-1].row.pk

    async def messages(self, of: Exported) -> AsyncIterator[dict[str, Any]]:
        """The whole tree, oldest first, so that parents come before what answers them."""
        after: UUID | None = None
        while rows := await database.run(self._tree_piece, of.row, after):
            for row in rows:
                yield row
            after = UUID(rows[-1]["id"])

    async def branch(self, of: Exported) -> AsyncIterator[dict[str, Any]]:
        """What the page shows: the path to the selected leaf."""
        ids = await database.run(_branch_ids, of.row)
        for start in range(0, len(ids), _MESSAGES):
            for row in await database.run(self._branch_piece, ids[start : start + _MESSAGES]):
                yield row

    async def summaries(self, of: Exported) -> list[dict[str, Any]]:
        return await database.run(summaries.rows_of, of.row, self._cipher())

    async def file_ids(self) -> list[UUID]:
        """Of all files that were sent, in the order of their coming."""
        return await database.run(self._file_ids)

    async def file(self, attachment_id: UUID) -> Stored | None:
        """A file as it was attached; None when it cannot be decrypted, or was deleted meanwhile."""
        try:
            return await database.run(attachments.original, self._user_id, attachment_id)
        except Refused:
            return None

    def _file_ids(self) -> list[UUID]:
        sent = Attachment.objects.filter(conversation__in=self._chosen(), sent_at__isnull=False)
        return list(sent.order_by("pk").values_list("pk", flat=True))

    def _count(self) -> int:
        return int(self._chosen().count())

    def _chosen(self) -> Any:
        rows = listing.present(self._user_id)
        return rows if self._ids is None else rows.filter(pk__in=self._ids)

    def _batch(self, after: UUID | None) -> list[Exported]:
        rows = self._chosen().order_by("pk")
        if after is not None:
            rows = rows.filter(pk__gt=after)
        cipher = self._cipher()
        return [
            Exported(row, conversation_row(row, cipher) | {"draft": drafts.row_of(row, cipher)["text"]})
            for row in rows.select_related("draft")[:_CONVERSATIONS]
        ]

    def _tree_piece(self, conversation: Conversation, after: UUID | None) -> list[dict[str, Any]]:
        rows = Message.objects.filter(conversation=conversation)
        if after is not None:
            rows = rows.filter(pk__gt=after)
        return self._rows(rows.select_related("generation").order_by("pk")[:_MESSAGES])

    def _branch_piece(self, ids: list[UUID]) -> list[dict[str, Any]]:
        found = self._rows(Message.objects.filter(pk__in=ids).select_related("generation"))
        places = {str(each): place for place, each in enumerate(ids)}
        return sorted(found, key=lambda row: places[row["id"]])

    def _rows(self, messages: Iterable[Message]) -> list[dict[str, Any]]:
        return message_rows(list(messages), self._cipher())

    def _cipher(self) -> Cipher:
        return keyring().user(self._user_id)


def _branch_ids(conversation: Conversation) -> list[UUID]:
    parents = dict(Message.objects.filter(conversation=conversation).order_by("pk").values_list("pk", "parent_id"))
    step = conversation.leaf_id if conversation.leaf_id in parents else next(reversed(parents), None)
    path: list[UUID] = []
    while step is not None:
        path.append(step)
        step = parents.get(step)
    return path[::-1]
