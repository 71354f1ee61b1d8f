"""Summaries as people see them: read, rewrite, remove."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext

from conversations.history.cipher import Cipher
from conversations.history.keyring import keyring
from conversations.models import Conversation, Summary
from conversations.services.access import Refused, conversation_of, locked_conversation
from conversations.services.rows import readable, timestamp


class Outdated(Exception):
    """Somebody else changed it meanwhile. `row` is what is stored now; nothing was changed."""

    def __init__(self, row: dict[str, Any]) -> None:
        super().__init__("changed meanwhile")
        self.row = row


class NoSummary(Refused):
    """Not there, or not theirs."""

    def __init__(self) -> None:
        super().__init__("not_found", gettext("This summary is not there any more. The messages that it told are."))


def summary_row(summary: Summary, cipher: Cipher) -> dict[str, Any]:
    """A summary as the page shows it (`docs/protocol.md`)."""
    return {
        "id": str(summary.pk),
        "conversation": str(summary.conversation_id),
        "message": str(summary.message_id),
        "text": readable(summary, "text", cipher),
        "author": str(summary.author),
        "version": summary.version,
        "created": timestamp(summary.created_at),
        "changed": timestamp(summary.changed_at),
    }


def summary_rows(user_id: UUID, conversation_id: UUID) -> list[dict[str, Any]]:
    """All summaries of a conversation, oldest first. Raises `NotFound`. Two queries."""
    return rows_of(conversation_of(user_id, conversation_id), keyring().user(user_id))


def rows_of(conversation: Conversation, cipher: Cipher) -> list[dict[str, Any]]:
    """All summaries of a conversation, oldest first. One query."""
    return [summary_row(row, cipher) for row in Summary.objects.filter(conversation=conversation).order_by("id")]


def rewrite(user_id: UUID, conversation_id: UUID, summary_id: UUID, *, text: str, version: int) -> dict[str, Any]:
    """Put a text of the person's own in the place of a summary's. Returns its row.

    `version` is the one that the person was looking at. Raises `Outdated`, `Refused`.
    """
    text = text.strip()
    if not text:
        raise Refused("text_empty", gettext("A summary needs some text. The old one was kept; you can delete it."))
    most = settings.ENVIRONMENT.max_message_characters
    if len(text) > most:
        raise Refused("text_too_long", gettext("A summary has at most {most} characters.").format(most=f"{most:,}"))
    cipher = keyring().user(user_id)
    with transaction.atomic():
        summary = _locked(user_id, conversation_id, summary_id)
        if summary.version != version:
            raise Outdated(summary_row(summary, cipher))
        summary.seal(cipher, text=text)
        summary.author = Summary.Author.PERSON
        summary.version += 1
        summary.changed_at = datetime.now(UTC)
        summary.save(update_fields=["text", "author", "version", "changed_at"])
    return summary_row(summary, cipher)


def remove(user_id: UUID, conversation_id: UUID, summary_id: UUID) -> None:
    """The messages speak for themselves again. Raises `Refused`."""
    with transaction.atomic():
        _locked(user_id, conversation_id, summary_id).delete()


def _locked(user_id: UUID, conversation_id: UUID, summary_id: UUID) -> Summary:
    """The summary, with nobody else writing to its conversation until the transaction ends."""
    conversation = locked_conversation(user_id, conversation_id)
    summary = Summary.objects.filter(pk=summary_id, conversation=conversation).first()
    if summary is None:
        raise NoSummary
    return summary
