"""Review: answers that were filtered or refused for their content, without the content, and people who are paused."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _
from uuid_utils.compat import uuid7

from conversations.history.fields import SealedField, SealedRow


class ReviewCase(SealedRow):
    """One call of the ledger that somebody is to look into. Names the person by an opaque id, as the ledger does.

    The note is what a moderator writes, sealed with the organization's keyset.
    """

    class State(models.TextChoices):
        OPEN = "open", _("open")
        REVIEWED = "reviewed", _("reviewed")
        DISMISSED = "dismissed", _("dismissed")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    call_ref = models.UUIDField(unique=True, editable=False)
    user_ref = models.UUIDField(editable=False)
    occurred_at = models.DateTimeField(_("occurred"), editable=False)
    model = models.CharField(_("model"), max_length=100, editable=False)
    upstream = models.CharField(_("upstream"), max_length=100, editable=False)
    end = models.CharField(_("end"), max_length=64, editable=False)
    state = models.CharField(_("state"), max_length=9, choices=State, default=State.OPEN)
    note = SealedField()
    reviewer = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        related_name="+",
        editable=False,
        verbose_name=_("reviewer"),
    )
    reviewed_at = models.DateTimeField(_("reviewed at"), null=True, editable=False)

    class Meta:
        verbose_name = _("review case")
        verbose_name_plural = _("review queue")
        ordering = ("-occurred_at",)
        indexes = (
            models.Index(fields=["user_ref", "occurred_at"], name="cases_of_person"),
            models.Index(fields=["state", "occurred_at"], name="cases_by_state"),
            models.Index(fields=["occurred_at", "user_ref", "state"], name="cases_by_time"),
        )

    def __str__(self) -> str:
        return f"case {self.id}"


class Pause(models.Model):
    """A person cannot ask for answers for a while; everything else they can do, and nothing of theirs is lost."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="pauses", verbose_name=_("person"))
    since = models.DateTimeField(_("since"), auto_now_add=True)
    until = models.DateTimeField(_("until"))
    by_rule = models.BooleanField(_("by rule"), default=False, editable=False)
    lifted_at = models.DateTimeField(_("lifted"), null=True, editable=False)

    class Meta:
        verbose_name = _("pause")
        verbose_name_plural = _("pauses")
        ordering = ("-since",)
        indexes = (models.Index(fields=["until"], condition=models.Q(lifted_at=None), name="pauses_in_force"),)

    def __str__(self) -> str:
        return f"pause {self.id}"

    @classmethod
    def in_force(cls) -> models.QuerySet[Pause]:
        """The pauses that hold at this moment."""
        return cls.objects.filter(lifted_at=None, until__gt=Now())
