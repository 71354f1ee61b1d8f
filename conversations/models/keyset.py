"""Keysets: one for each user and one for the organization, wrapped by the site keyset."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from uuid_utils.compat import uuid7


class Keyset(models.Model):
    """A Tink keyset, encrypted by the site keyset. Destroying the row makes everything sealed with it unreadable."""

    class Purpose(models.TextChoices):
        USER = "user", "a person's texts"
        ORGANIZATION = "organization", "texts that belong to nobody"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    purpose = models.CharField(max_length=16, choices=Purpose, editable=False)
    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.CASCADE, null=True, related_name="keyset", editable=False
    )
    wrapped = models.BinaryField(editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    wrapped_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["purpose"], condition=models.Q(purpose="organization"), name="one_organization_keyset"
            ),
            models.CheckConstraint(
                condition=models.Q(purpose="organization", user__isnull=True)
                | models.Q(purpose="user", user__isnull=False),
                name="keyset_has_its_owner",
            ),
        )

    def __str__(self) -> str:
        return f"keyset {self.id}"
