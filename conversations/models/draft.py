"""A draft: what a person has typed in a conversation, or for a new one, and not sent."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from uuid_utils.compat import uuid7

from conversations.history.fields import SealedField, SealedRow


class Draft(SealedRow):
    """One for each conversation, and one without. An emptied draft stays as a row: its version keeps a tab that knows
    an older one from bringing that back.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="drafts")
    conversation = models.OneToOneField("Conversation", models.CASCADE, null=True, related_name="draft")
    text = SealedField()
    version = models.PositiveIntegerField(default=1)
    changed_at = models.DateTimeField(editable=False)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["user"], condition=models.Q(conversation__isnull=True), name="one_draft_for_a_new_chat"
            ),
        )

    def __str__(self) -> str:
        return f"draft {self.id}"
