"""A summary: stands for the older messages of a branch in the prompt."""

from __future__ import annotations

from django.db import models
from uuid_utils.compat import uuid7

from conversations.history.fields import SealedField, SealedRow


class Summary(SealedRow):
    """Tells what was said up to and with `message`, so it holds for every branch that contains that message."""

    class Author(models.TextChoices):
        MODEL = "model", "written by the model"
        PERSON = "person", "written by the person"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    conversation = models.ForeignKey("Conversation", models.CASCADE, related_name="summaries")
    message = models.OneToOneField("Message", models.CASCADE, related_name="summary")
    text = SealedField()
    author = models.CharField(max_length=6, choices=Author, default=Author.MODEL, editable=False)
    version = models.PositiveIntegerField(default=1)
    """Counts the person's changes."""
    created_at = models.DateTimeField(editable=False)
    changed_at = models.DateTimeField(editable=False)
    """Since when prompts begin with this text."""

    class Meta:
        verbose_name_plural = "summaries"

    def __str__(self) -> str:
        return f"summary {self.id}"
