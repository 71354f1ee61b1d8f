"""A continuation: that the person let an answer that had ended go on."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from uuid_utils.compat import uuid7


class Continuation(models.Model):
    """The browser's command, so that sending it twice continues once."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    command = models.UUIDField(editable=False)
    generation = models.ForeignKey("Generation", models.CASCADE, related_name="continuations")
    attempt = models.PositiveIntegerField()
    """The attempt that it began."""

    class Meta:
        constraints = (models.UniqueConstraint(fields=["user", "command"], name="one_continuation_a_command"),)

    def __str__(self) -> str:
        return f"continuation {self.id}"
