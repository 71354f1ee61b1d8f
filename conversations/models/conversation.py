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
    folder = models.ForeignKey(
        "Folder", models.SET_NULL, null=True, related_name="conversations", editable=False, db_index=False
    )
    pinned_at = models.DateTimeField(null=True, editable=False)
    archived_at = models.DateTimeField(null=True, editable=False)
    trashed_at = models.DateTimeField(null=True, editable=False)
    """When it was deleted: from then on it is nowhere to be found, and removed soon (`services.trash`)."""
    origin = models.CharField(max_length=64, default="", blank=True, editable=False)
    """Of an imported one: what it is known by in the file it came from, as a keyed hash."""

    class Meta:
        # One for each place where a conversation can stand: each row is in one of them, and pages are read in order.
        indexes = (
            models.Index(
                fields=["user", "-updated_at", "-id"],
                condition=models.Q(
                    archived_at__isnull=True, folder__isnull=True, pinned_at__isnull=True, trashed_at__isnull=True
                ),
                name="conversation_in_list",
            ),
            models.Index(
                fields=["folder", "-updated_at", "-id"],
                condition=models.Q(folder__isnull=False),
                name="conversation_in_folder",
            ),
            models.Index(
                fields=["user", "-updated_at", "-id"],
                condition=models.Q(archived_at__isnull=False),
                name="conversation_in_archive",
            ),
            models.Index(
                fields=["user", "-updated_at", "-id"],
                condition=models.Q(pinned_at__isnull=False),
                name="conversation_pinned",
            ),
            models.Index(
                fields=["trashed_at"], condition=models.Q(trashed_at__isnull=False), name="conversation_in_trash"
            ),
        )
        constraints = (
            models.UniqueConstraint(
                fields=["user", "origin"],
                condition=~models.Q(origin="") & models.Q(trashed_at__isnull=True),
                name="one_conversation_an_origin",
            ),
        )

    def __str__(self) -> str:
        return f"conversation {self.id}"
