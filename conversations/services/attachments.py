"""Attachments: files come in, are looked at, and go again. How they are sent is `services.enclosures`."""

from __future__ import annotations

import logging
import os
import re
import unicodedata
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import DateTimeField, QuerySet
from django.utils.translation import gettext
from uuid_utils.compat import uuid7

from conversations.attachments.content import Content, Unreadable
from conversations.attachments.reader import Busy, FileReader
from conversations.deepseek.tokens import IMAGE, estimate_tokens
from conversations.history.cipher import Cipher
from conversations.history.cipher import Unreadable as Undecipherable
from conversations.history.keyring import keyring
from conversations.models import Attachment, SentAttachment
from conversations.models.statements import Delete, Param
from conversations.services import attachment_faults as faults
from conversations.services.access import NotFound, Refused, conversation_of
from conversations.services.attachment_policy import policy_for
from conversations.services.rows import attachment_row

logger = logging.getLogger(__name__)

MOST_WAITING = 50
"""Files of a person that wait to be sent."""
_WAITS = timedelta(days=1)
_LONGEST_NAME = 150
"""Characters."""
_LARGE = ("text", "picture", "original")

_delete_forgotten = Delete(
    lambda: Attachment.objects.filter(sent_at=None, created_at__lt=Param("before", DateTimeField()))
)


@dataclass(frozen=True, slots=True)
class Stored:
    """A file as it is given back."""

    name: str = field(repr=False)
    content: bytes = field(repr=False)
    media_type: str = ""


def keep(user_id: UUID, name: str, data: bytes, *, conversation_id: UUID | None) -> dict[str, Any]:
    """Read a file and keep it for the next message of the conversation (None: one that has not begun).

    Returns its row. Raises `Refused`, `NotFound`. Takes seconds for a large file.
    """
    name = clean_name(name)
    if conversation_id is not None:
        conversation_of(user_id, conversation_id)
    _check_waiting(user_id, name)
    attachment = read(user_id, name, data, conversation_id=conversation_id)
    try:
        with transaction.atomic():
            attachment.save(force_insert=True)
    except IntegrityError:
        # The conversation was deleted while the file was read.
        raise NotFound from None
    return attachment_row(attachment, keyring().user(user_id))


def read(user_id: UUID, name: str, data: bytes, *, conversation_id: UUID | None) -> Attachment:
    """A file as an attachment that is not stored yet. Raises `Refused`. Takes seconds for a large file."""
    name = clean_name(name)
    content = _content(user_id, name, data)
    cipher = keyring().user(user_id)
    attachment = Attachment(
        id=uuid7(),
        user_id=user_id,
        conversation_id=conversation_id,
        kind=content.kind,
        media_type=content.media_type,
        size=len(data),
        tokens=IMAGE if content.picture else estimate_tokens(content.text),
        parts=content.parts,
        width=content.width,
        height=content.height,
        created_at=datetime.now(UTC),
    )
    attachment.seal(cipher, name=name, text=content.text)
    attachment.seal_bytes(cipher, picture=content.picture, original=data)
    return attachment


def _check_waiting(user_id: UUID, name: str) -> None:
    if Attachment.objects.filter(user_id=user_id, sent_at=None).count() >= MOST_WAITING:
        raise Refused(
            "too_many_files",
            gettext("“%(name)s” was not attached: %(number)s files wait to be sent already. Send or remove some first.")
            % {"name": name, "number": MOST_WAITING},
        )


def _content(user_id: UUID, name: str, data: bytes) -> Content:
    policy = policy_for(user_id)
    if len(data) > policy.size:
        raise faults.too_large(name, policy.megabytes)
    try:
        content = file_reader().read(data, policy.limits)
    except Unreadable as unreadable:
        raise faults.refusal(name, unreadable.fault, policy.limits) from None
    except Busy:
        raise faults.busy(name) from None
    if content.kind not in policy.kinds:
        raise faults.not_allowed(name)
    return content


@cache
def file_reader() -> FileReader:
    """The one of this process: it bounds how many files are read at once."""
    return FileReader(at_once=max(1, min(4, (os.cpu_count() or 2) // 2)))


def waiting(user_id: UUID, conversation_id: UUID | None) -> list[dict[str, Any]]:
    """Rows of what waits to be sent in a conversation, oldest first. Two queries."""
    rows = Attachment.objects.filter(user_id=user_id, conversation=conversation_id, sent_at=None)
    cipher = keyring().user(user_id)
    return [attachment_row(row, cipher) for row in rows.defer(*_LARGE).order_by("pk")]


def remove(user_id: UUID, attachment_id: UUID) -> None:
    """Take back what was not sent. Raises `NotFound`, also for what was sent: it belongs to its message."""
    with transaction.atomic():
        # Locked: whoever sends it meanwhile waits, and does not find it any more.
        row = _own(user_id, attachment_id).filter(sent_at=None).select_for_update().only("pk").first()
        if row is None:
            raise NotFound
        row.delete()


def original(user_id: UUID, attachment_id: UUID) -> Stored:
    """The file as it was attached. Raises `NotFound`, `Refused` when it cannot be decrypted."""
    row, cipher = _one(user_id, attachment_id, "original"), keyring().user(user_id)
    with _decrypting():
        return Stored(row.unseal(cipher, "name"), row.unseal_bytes(cipher, "original"))


def picture(user_id: UUID, attachment_id: UUID) -> Stored:
    """An image as the model gets it. Raises `NotFound`, also for what is no image, and `Refused` when it cannot be
    decrypted.
    """
    row, cipher = _one(user_id, attachment_id, "picture"), keyring().user(user_id)
    if row.kind != Attachment.Kind.IMAGE:
        raise NotFound
    with _decrypting():
        return Stored(row.unseal(cipher, "name"), row.unseal_bytes(cipher, "picture"), row.media_type)


def text(user_id: UUID, attachment_id: UUID) -> dict[str, Any]:
    """The row of an attachment with the `text` that a model gets. Raises `NotFound`, `Refused` when it cannot be
    decrypted.
    """
    row, cipher = _one(user_id, attachment_id, "text"), keyring().user(user_id)
    with _decrypting():
        return attachment_row(row, cipher) | {"text": row.unseal(cipher, "text")}


@contextmanager
def _decrypting() -> Iterator[None]:
    """What cannot be decrypted is refused in words, and its place is in the log."""
    try:
        yield
    except Undecipherable as undecipherable:
        logger.error("%s", undecipherable)
        raise Refused(
            "unreadable",
            gettext(
                "This file can no longer be decrypted. Your messages are kept; "
                "attach the file again, and tell your administrators."
            ),
        ) from None


def rows_of_messages(message_ids: Iterable[UUID], cipher: Cipher) -> dict[UUID, list[dict[str, Any]]]:
    """Rows of the attachments of messages, by message and in their order; for exports as well. One query."""
    sent = SentAttachment.objects.filter(message_id__in=list(message_ids))
    return _by_message(sent, cipher)


def remove_forgotten() -> None:
    """Remove what has waited for a day."""
    _delete_forgotten.run(before=datetime.now(UTC) - _WAITS)


def clean_name(name: str) -> str:
    """A file's name on one line: without folders, and without signs that do not show or turn text around."""
    name = re.split(r"[/\\]", name)[-1]
    name = "".join(" " if sign.isspace() else sign for sign in name if _shows(sign))
    name = " ".join(name.split()).strip(". ") or "file"
    if len(name) <= _LONGEST_NAME:
        return name
    stem, ending = os.path.splitext(name)
    ending = ending[:20]
    return stem[: _LONGEST_NAME - len(ending) - 1] + "…" + ending


def _shows(sign: str) -> bool:
    return sign.isspace() or unicodedata.category(sign) not in ("Cc", "Cf", "Cs", "Co", "Cn")


def _own(user_id: UUID, attachment_id: UUID) -> QuerySet[Attachment]:
    return Attachment.objects.filter(pk=attachment_id, user_id=user_id)


def _one(user_id: UUID, attachment_id: UUID, large: str) -> Attachment:
    row = _own(user_id, attachment_id).defer(*(name for name in _LARGE if name != large)).first()
    if row is None:
        raise NotFound
    return row


def _by_message(sent: QuerySet[SentAttachment], cipher: Cipher) -> dict[UUID, list[dict[str, Any]]]:
    rows: dict[UUID, list[dict[str, Any]]] = {}
    large = (f"attachment__{name}" for name in _LARGE)
    for each in sent.select_related("attachment").defer(*large).order_by("message_id", "position"):
        rows.setdefault(each.message_id, []).append(attachment_row(each.attachment, cipher))
    return rows
