"""A preset: instructions, model and sampling settings under a name, to start chats from."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from uuid_utils.compat import uuid7

from conversations.history.fields import SealedField, SealedRow


class Preset(SealedRow):
    """A person's own, sealed with their keyset; without a `user` shared with everybody, sealed with the
    organization's."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, null=True, related_name="presets", editable=False
    )
    name = SealedField()
    instructions = SealedField()
    options = SealedField()
    model = models.CharField(max_length=100, blank=True)
    """Empty: the one that is chosen already."""
    thinking = models.CharField(max_length=8, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return f"preset {self.id}"
