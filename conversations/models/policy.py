"""A policy: what administrators set for everybody, or for a group."""

from __future__ import annotations

from django.db import models
from django.db.models import Q, Value
from django.utils.translation import gettext_lazy as _
from uuid_utils.compat import uuid7

from conversations.history.fields import SealedField, SealedRow


class Policy(SealedRow):
    """Without a group the site's. What is empty (None) is left to the site's policy, and there to the installation."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    group = models.OneToOneField(
        "auth.Group",
        models.CASCADE,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("group"),
        help_text=_("Empty: the whole site."),
    )
    instructions = SealedField()
    """What every conversation starts with, sealed with the organization's keyset."""
    allowed_models = models.JSONField(null=True, blank=True)
    """Ids of the models that may be used."""
    default_model = models.CharField(max_length=100, blank=True)
    allowed_thinking = models.JSONField(null=True, blank=True)
    """Thinking levels that may be used."""
    default_thinking = models.CharField(max_length=8, blank=True)
    longest_output = models.PositiveIntegerField(null=True, blank=True)
    """Tokens of an answer, thinking included."""
    attachment_kinds = models.JSONField(null=True, blank=True)
    attachment_megabytes = models.PositiveIntegerField(null=True, blank=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name = _("policy")
        verbose_name_plural = _("policies")
        constraints = (
            # `group` is unique by itself, but for NULL.
            models.UniqueConstraint(Value(1), condition=Q(group=None), name="one_policy_of_the_site"),
        )

    def __str__(self) -> str:
        return f"policy {self.id}"
