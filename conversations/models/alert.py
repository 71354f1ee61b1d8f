"""Alerts: what administrators have to know about, from when to when, and how each is told of it. No text of people."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _
from uuid_utils.compat import uuid7


class Alert(models.Model):
    """Something is wrong until it has recovered. At most one of a kind and key is open at a time.

    `facts` are figures and names of things (codes, models, currencies), as JSON scalars.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    kind = models.CharField(_("kind"), max_length=40)
    key = models.CharField(_("what it is about"), max_length=200)
    facts = models.JSONField(_("facts"), default=dict)
    raised_at = models.DateTimeField(_("since"))
    recovered_at = models.DateTimeField(_("until"), null=True)

    class Meta:
        verbose_name = _("alert")
        verbose_name_plural = _("alerts")
        ordering = ("-raised_at",)
        permissions = (("receive_alerts", "Is told of alerts by mail"),)
        constraints = (
            models.UniqueConstraint(
                fields=["kind", "key"], condition=models.Q(recovered_at=None), name="one_open_alert_of_a_kind"
            ),
        )
        indexes = (models.Index(fields=["kind", "raised_at"], name="alerts_by_kind"),)

    def __str__(self) -> str:
        return f"alert {self.kind} {self.id}"


class AlertDelivery(models.Model):
    """One piece of news on its way to one administrator's mailbox or to the webhook."""

    class News(models.TextChoices):
        RAISED = "raised", _("raised")
        RECOVERED = "recovered", _("over")

    class Way(models.TextChoices):
        MAIL = "mail", _("mail")
        WEBHOOK = "webhook", _("webhook")

    alert = models.ForeignKey(Alert, models.CASCADE, related_name="deliveries")
    news = models.CharField(max_length=9, choices=News)
    way = models.CharField(max_length=7, choices=Way)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, null=True, related_name="+")
    """Whom a mail is for."""
    due_at = models.DateTimeField(null=True)
    """When the next try may be made; null: it was sent, or given up."""
    tries = models.PositiveSmallIntegerField(default=0)
    sent_at = models.DateTimeField(null=True)

    class Meta:
        indexes = (
            models.Index(fields=["due_at"], condition=models.Q(due_at__isnull=False), name="alert_deliveries_due"),
        )

    def __str__(self) -> str:
        return f"{self.way} of {self.alert_id}"
