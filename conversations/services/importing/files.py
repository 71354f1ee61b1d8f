"""The files of imported messages: each is looked at as when it is attached, and is left out where it could not be."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from uuid import UUID

from django.utils.translation import gettext_noop

from conversations.models import Attachment, Conversation, SentAttachment
from conversations.services import attachments
from conversations.services.access import Refused
from conversations.services.attachment_policy import policy_for
from conversations.services.importing.document import ImportedConversation, ImportedFile, Unacceptable

MOST_FILES = 1000
"""Of one import: looking at one takes about a third of a second."""
MOST_BYTES = 256 * 1024 * 1024
"""Of all files of one import, unpacked."""


@dataclass
class Files:
    """The rows of a conversation's files, not stored yet. `left_out` counts those that have none."""

    attachments: list[Attachment] = field(default_factory=list)
    sent: list[SentAttachment] = field(default_factory=list)
    left_out: int = 0


class FileRoom:
    """How much an import may still bring."""

    def __init__(self, user_id: UUID) -> None:
        self._user_id = user_id
        self._files = MOST_FILES
        self._bytes = MOST_BYTES

    def of(self, found: ImportedConversation, row: Conversation, ids: dict[str, UUID]) -> Files:
        """The files of the messages of `found`, which is going to be stored as `row`; `ids` of its messages by key.

        Raises `Unacceptable` when too many other files are being read.
        """
        files = Files()
        known: dict[str, Attachment | None] = {}
        for message in found.messages:
            # Once each.
            for position, file in enumerate({each.key: each for each in message.files}.values()):
                if file.key not in known:
                    known[file.key] = attachment = self._read(file, row, message.created)
                    files.attachments += [attachment] if attachment else []
                    files.left_out += attachment is None
                if attachment := known[file.key]:
                    sent = SentAttachment(message_id=ids[message.key], attachment=attachment, position=position)
                    files.sent.append(sent)
        return files

    def _read(self, file: ImportedFile, row: Conversation, created: datetime | None) -> Attachment | None:
        content = file.content(min(self._bytes, policy_for(self._user_id).size)) if self._files else None
        if content is None:
            return None
        self._files -= 1
        self._bytes -= len(content)
        try:
            attachment = attachments.read(self._user_id, file.name, content, conversation_id=row.pk)
        except Refused as refused:
            if refused.code == "files_busy":
                text = gettext_noop("its files could not be looked at, because many are at the moment; import it again")
                raise Unacceptable(text) from None
            return None
        attachment.created_at = created or row.created_at
        attachment.sent_at = datetime.now(UTC)
        return attachment
