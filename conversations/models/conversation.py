"""A conversation: a tree of messages that belongs to one user."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from uuid_utils.compat import uuid7

from conversations.history.fields import SealedField, SealedRow


class Conversation(SealedRow):
    """Remembers the selected leaf; the branch is the path from the root to it."""

    class TitleSource(models.TextChoices):
        NONE = "none", "no title yet"
        MODEL = "model", "made by the model"
        PERSON = "person", "written by the person"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="conversations")
    title = SealedField()
    title_source = models.CharField(max_length=8, choices=TitleSource, default=TitleSource.NONE, editable=False)
    instructions = SealedField()
    """System prompt of this conversation, from its next answer on."""
    model = models.CharField(max_length=100)
    thinking = models.CharField(max_length=8, default="off")
    options = SealedField()
    """Sampling settings that the next message starts from."""
    leaf = models.ForeignKey("Message", models.SET_NULL, null=True, related_name="+", editable=False)
    created_at = models.DateTimeField(editable=False)
    updated_at = models.DateTimeField(editable=False)
    """When something was last said; orders the list."""

    class Meta:
        indexes = (models.Index(fields=["user", "-updated_at"], name="conversation_of_user_by_time"),)

    def __str__(self) -> str:
        return f"conversation {self.id}"
