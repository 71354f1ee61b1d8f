"""Instructions that a conversation had before they were changed."""

from __future__ import annotations

from django.db import models
from uuid_utils.compat import uuid7

from conversations.history.fields import SealedField, SealedRow


class FormerInstructions(SealedRow):
    """In force up to `until`, from the row before on. Answers that began then go on with them."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    conversation = models.ForeignKey("Conversation", models.CASCADE, related_name="former_instructions", db_index=False)
    text = SealedField()
    until = models.DateTimeField(editable=False)

    class Meta:
        verbose_name_plural = "former instructions"
        indexes = (models.Index(fields=["conversation", "until"], name="former_instructions_by_time"),)

    def __str__(self) -> str:
        return f"former instructions {self.id}"
