"""A file that a person attached, and the messages it was sent with."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from uuid_utils.compat import uuid7

from conversations.history.fields import SealedField, SealedRow


class Attachment(SealedRow):
    """Waits for the message that it is sent with, and belongs to that message's conversation from then on.

    `original`, `text` and `picture` are large: queries for lists leave them out.
    """

    class Kind(models.TextChoices):
        TEXT = "text", "text"
        PDF = "pdf", "PDF"
        WORD = "word", "document"
        SHEET = "sheet", "spreadsheet"
        IMAGE = "image", "image"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="attachments")
    conversation = models.ForeignKey("Conversation", models.CASCADE, null=True, related_name="attachments")
    """Where it is sent or waits to be sent; null while it waits in a conversation that has not begun."""
    kind = models.CharField(max_length=5, choices=Kind)
    name = SealedField()
    text = SealedField()
    """What of it goes into the prompt."""
    picture = SealedField()
    """Of an image: what goes to the model, free from metadata."""
    media_type = models.CharField(max_length=20, blank=True)
    """Of `picture`."""
    original = SealedField()
    size = models.PositiveBigIntegerField()
    """Bytes of the original."""
    tokens = models.PositiveBigIntegerField()
    """About how many it adds to a prompt."""
    parts = models.PositiveIntegerField(default=0)
    """Pages or sheets."""
    width = models.PositiveIntegerField(default=0)
    height = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(editable=False)
    sent_at = models.DateTimeField(null=True, editable=False)
    """Null while it waits: whoever sends it sets this, and whoever clears up removes only rows without it."""

    class Meta:
        indexes = (
            models.Index(fields=["created_at"], condition=models.Q(sent_at=None), name="waiting_attachment_by_time"),
        )

    def __str__(self) -> str:
        return f"attachment {self.id}"


class SentAttachment(models.Model):
    """One attachment of one message. An edit of the message can have it again."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    message = models.ForeignKey("Message", models.CASCADE, related_name="sent_attachments")
    attachment = models.ForeignKey(Attachment, models.CASCADE, related_name="sent")
    position = models.PositiveSmallIntegerField()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["message", "position"], name="one_attachment_a_position"),
            models.UniqueConstraint(fields=["message", "attachment"], name="an_attachment_once_a_message"),
        )

    def __str__(self) -> str:
        return f"attachment {self.attachment_id} of message {self.message_id}"
