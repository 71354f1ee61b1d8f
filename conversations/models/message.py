"""A message: one node of a conversation's tree."""

from __future__ import annotations

from django.db import models
from uuid_utils.compat import uuid7

from conversations.history.fields import SealedField, SealedRow


class Message(SealedRow):
    """Siblings (same parent) are alternatives: an edit, a regeneration."""

    class Role(models.TextChoices):
        USER = "user", "person"
        ASSISTANT = "assistant", "model"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    conversation = models.ForeignKey("Conversation", models.CASCADE, related_name="messages")
    parent = models.ForeignKey("self", models.CASCADE, null=True, related_name="children")
    role = models.CharField(max_length=9, choices=Role)
    text = SealedField()
    reasoning = SealedField()
    """Kept verbatim: with tools, the upstream wants every earlier turn's reasoning back unchanged."""
    created_at = models.DateTimeField(editable=False)

    class Meta:
        indexes = (models.Index(fields=["conversation", "id"], name="message_of_conversation"),)

    def __str__(self) -> str:
        return f"message {self.id}"
