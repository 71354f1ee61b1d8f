"""Drafts: what a person has typed and not sent, kept for the next device. The last write wins, but a page that knows an
older version than is stored is told so first.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils.translation import gettext
from uuid_utils.compat import uuid7

from conversations.history.cipher import Cipher
from conversations.history.keyring import keyring
from conversations.models import Conversation, Draft
from conversations.services import process
from conversations.services.access import Refused, conversation_of
from conversations.services.notices import Notice
from conversations.services.rows import readable, timestamp
from conversations.services.summaries import Outdated


def read(user_id: UUID, conversation_id: UUID | None) -> dict[str, Any]:
    """The draft of a conversation, or of a new one (None); version 0 when there never was one. Raises `NotFound`."""
    if conversation_id is not None:
        conversation_of(user_id, conversation_id)
    draft = _drafts(user_id, conversation_id).first()
    return _row(draft, conversation_id, keyring().user(user_id))


def row_of(conversation: Conversation, cipher: Cipher) -> dict[str, Any]:
    """As `read`, of a conversation that was selected with its draft. No query."""
    draft: Draft | None = getattr(conversation, "draft", None)
    return _row(draft, conversation.pk, cipher)


def write(user_id: UUID, conversation_id: UUID | None, *, text: str, version: int) -> dict[str, Any]:
    """Store a draft ("" empties it), when the page knows the stored `version`. Returns its row.

    Raises `Outdated` when another page wrote a different text meanwhile, `Refused`, `NotFound`.
    """
    most = settings.ENVIRONMENT.max_message_characters * 2
    if len(text) > most:
        raise Refused("text_too_long", gettext("A draft has at most {most} characters.").format(most=f"{most:,}"))
    cipher = keyring().user(user_id)
    try:
        with transaction.atomic():
            row, is_new = _write(user_id, conversation_id, text, version, cipher)
    except IntegrityError:
        # Two first drafts at once: the other one was first.
        raise Outdated(read(user_id, conversation_id)) from None
    if is_new:
        frame = {"type": "draft.changed", "conversation": row["conversation"], "version": row["version"]}
        process.announce(user_id, Notice(frame))
    return row


def local_key(session_key: str | None) -> str:
    """What a page seals its own copies of unsaved drafts with (32 bytes in Base64). It belongs to the sign-in: once
    that has ended, what is left in the browser's storage cannot be read any more.
    """
    mac = hmac.new(settings.SECRET_KEY.encode(), f"local-drafts:{session_key}".encode(), hashlib.sha256)
    return base64.b64encode(mac.digest()).decode()


def _write(
    user_id: UUID, conversation_id: UUID | None, text: str, version: int, cipher: Cipher
) -> tuple[dict[str, Any], bool]:
    if conversation_id is not None:
        conversation_of(user_id, conversation_id)
    draft = _drafts(user_id, conversation_id).select_for_update().first()
    stored = _row(draft, conversation_id, cipher)
    if stored["text"] == text:
        # Also the same write again, whose success the page did not hear of.
        return stored, False
    if stored["version"] != version:
        raise Outdated(stored)
    draft = draft or Draft(id=uuid7(), user_id=user_id, conversation_id=conversation_id, version=0)
    draft.version += 1
    draft.changed_at = datetime.now(UTC)
    draft.seal(cipher, text=text)
    draft.save(force_insert=draft.version == 1, force_update=draft.version > 1)
    return _row(draft, conversation_id, cipher), True


def _drafts(user_id: UUID, conversation_id: UUID | None) -> QuerySet[Draft]:
    """The one draft, if there is one."""
    drafts = Draft.objects.filter(user_id=user_id)
    if conversation_id is None:
        return drafts.filter(conversation__isnull=True)
    return drafts.filter(conversation_id=conversation_id)


def _row(draft: Draft | None, conversation_id: UUID | None, cipher: Cipher) -> dict[str, Any]:
    return {
        "conversation": str(conversation_id) if conversation_id else None,
        "text": readable(draft, "text", cipher) if draft else "",
        "version": draft.version if draft else 0,
        "changed": timestamp(draft.changed_at) if draft else None,
    }
