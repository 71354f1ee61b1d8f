"""Enclosures: attachments are sent with a message, and go into the prompt of every later answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db.models import Q, UUIDField
from django.db.models.functions import Coalesce, Now
from django.utils.translation import gettext
from uuid_utils.compat import uuid7

from conversations.history.cipher import Cipher
from conversations.history.prompt import File, Picture, Turn, with_files
from conversations.models import Attachment, Message, SentAttachment
from conversations.models.statements import Param, Select
from conversations.services import attachment_faults as faults
from conversations.services.access import Refused
from conversations.services.attachment_policy import policy_for
from conversations.services.attachments import rows_of_messages
from conversations.services.models import sees_images

MOST_PICTURE_BYTES = 30 * 1024 * 1024
"""Of one prompt: the upstream takes 48 MiB, in which pictures are a third larger."""

_find_sent = Select(
    lambda: (
        SentAttachment.objects.filter(attachment__conversation_id=Param("conversation", UUIDField()))
        .order_by("message_id", "position")
        .values_list("message_id", "attachment_id")
    )
)


def enclose(message: Message, user_id: UUID, attachment_ids: Sequence[UUID], cipher: Cipher) -> list[dict[str, Any]]:
    """Send attachments with a message that is being written (in its transaction; it may be stored later in it).

    They are the person's own, and wait, or were sent in the same conversation before. Returns their rows. Raises
    `Refused`. Four statements.
    """
    policy = policy_for(user_id)
    most = policy.a_message
    if len(attachment_ids) > most:
        raise Refused(
            "too_many_attachments",
            gettext("A message can have %(most)s files. Nothing was sent; remove some.") % {"most": most},
        )
    usable = Attachment.objects.filter(
        Q(sent_at=None) | Q(conversation_id=message.conversation_id), pk__in=attachment_ids, user_id=user_id
    )
    sent = usable.update(conversation_id=message.conversation_id, sent_at=Coalesce("sent_at", Now()))
    if sent != len(attachment_ids):
        raise Refused(
            "attachment_gone",
            gettext("A file is not there any more. Nothing was sent and your text was kept; attach the file again."),
        )
    SentAttachment.objects.bulk_create(
        SentAttachment(id=uuid7(), message=message, attachment_id=attachment_id, position=position)
        for position, attachment_id in enumerate(attachment_ids)
    )
    rows = rows_of_messages([message.pk], cipher)[message.pk]
    for row in rows:
        # It may have waited since before the policy was changed.
        if row["kind"] not in policy.kinds:
            raise faults.not_allowed(row["name"])
    return rows


def sent_with(message_id: UUID) -> list[UUID]:
    """The attachments of a message, in their order."""
    sent = SentAttachment.objects.filter(message_id=message_id).order_by("position")
    return list(sent.values_list("attachment_id", flat=True))


@dataclass(frozen=True, slots=True)
class Reading:
    """How people's messages are read for one model: with their files, by message."""

    model: str
    files: Mapping[UUID, Sequence[File]] = field(default_factory=dict, repr=False)

    def turn(self, message_id: UUID, text: str) -> Turn:
        """A person's message as a turn."""
        return with_files(text, self.files.get(message_id, ()), sees=sees_images(self.model))


def reading(conversation_id: UUID, branch: Sequence[UUID], cipher: Cipher, model: str) -> Reading:
    """How the messages of a branch, whose last one is to be answered, are read. One statement, a second one when there
    are files.

    Raises `cipher.Unreadable`, and `Refused` for pictures that cannot be sent.
    """
    found = Reading(model, _files_of(conversation_id, branch, cipher))
    if not sees_images(model):
        _refuse_pictures(found.files.get(branch[-1], ()))
    else:
        _refuse_too_many_pictures(found.files)
    return found


def _refuse_pictures(files: Sequence[File]) -> None:
    """In the question itself; those of earlier ones are mentioned, so that the model of a chat can be changed."""
    if any(file.picture for file in files):
        raise Refused(
            "model_reads_no_images",
            gettext(
                "This model cannot see images. Nothing was sent and your text was kept: "
                "choose a model that can, or remove the images."
            ),
        )


def _refuse_too_many_pictures(files: Mapping[UUID, Sequence[File]]) -> None:
    pictures = (file.picture for each in files.values() for file in each if file.picture)
    if sum(len(picture.data) for picture in pictures) > MOST_PICTURE_BYTES:
        raise Refused(
            "too_many_images",
            gettext(
                "The images of this chat are more than can be sent at once. Nothing was sent and your text was kept: "
                "start a new chat, or send fewer images."
            ),
        )


def _files_of(conversation_id: UUID, branch: Sequence[UUID], cipher: Cipher) -> dict[UUID, list[File]]:
    on_branch = {*branch}
    rows = _find_sent.rows(conversation=conversation_id)
    sent = [(message_id, attachment_id) for message_id, attachment_id in rows if message_id in on_branch]
    if not sent:
        return {}
    found = Attachment.objects.defer("original").in_bulk([attachment_id for _, attachment_id in sent])
    files = {attachment_id: _file(row, cipher) for attachment_id, row in found.items()}
    by_message: dict[UUID, list[File]] = {}
    for message_id, attachment_id in sent:
        by_message.setdefault(message_id, []).append(files[attachment_id])
    return by_message


def _file(row: Attachment, cipher: Cipher) -> File:
    name = row.unseal(cipher, "name")
    if row.kind == Attachment.Kind.IMAGE:
        return File(name, picture=Picture(row.media_type, row.unseal_bytes(cipher, "picture")))
    return File(name, row.unseal(cipher, "text"))
