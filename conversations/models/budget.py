"""Budgets: how much may be used by whom, what is used of them, and what is set aside for answers that run."""

from __future__ import annotations

from uuid import UUID

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from uuid_utils.compat import uuid7

NOBODY = UUID(int=0)
"""Stands for everybody who shares a budget."""


class Budget(models.Model):
    """Amounts are whole units of the measure: tokens, questions, answers, billionths of `currency`."""

    class Scope(models.TextChoices):
        SITE = "site", _("the whole site")
        GROUP = "group", _("a group")
        PERSON = "person", _("a person")

    class Measure(models.TextChoices):
        MONEY = "money", _("money")
        TOKENS = "tokens", _("tokens")
        REQUESTS = "requests", _("questions")
        RUNNING = "running", _("answers at once")

    class Period(models.TextChoices):
        NONE = "", _("at any moment")
        MINUTE = "minute", _("a minute")
        DAY = "day", _("a day")
        WEEK = "week", _("a week")
        MONTH = "month", _("a month")

    scope = models.CharField(_("for"), max_length=6, choices=Scope, default=Scope.SITE)
    group = models.ForeignKey(
        "auth.Group", models.CASCADE, null=True, blank=True, related_name="+", verbose_name=_("group")
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, null=True, blank=True, related_name="+", verbose_name=_("person")
    )
    each = models.BooleanField(
        _("for each person"),
        default=False,
        help_text=_(
            "Everybody gets this amount. Otherwise all of them share it. Of several budgets for each person, the "
            "closest one counts: a person's own, then those of their groups, then the site's."
        ),
    )
    model = models.CharField(_("model"), max_length=100, blank=True, help_text=_("Empty: all models together."))
    measure = models.CharField(_("measured in"), max_length=8, choices=Measure, default=Measure.MONEY)
    currency = models.CharField(_("currency"), max_length=3, blank=True, default="USD")
    period = models.CharField(_("in"), max_length=6, choices=Period, default=Period.MONTH, blank=True)
    soft = models.BigIntegerField(_("warn at"), null=True, blank=True)
    hard = models.BigIntegerField(_("stop at"), null=True, blank=True)
    is_active = models.BooleanField(_("active"), default=True)
    created_at = models.DateTimeField(auto_now_add=True)
    changed_at = models.DateTimeField(auto_now=True, db_index=True)

    class Meta:
        verbose_name = _("budget")
        verbose_name_plural = _("budgets")
        constraints = (
            models.CheckConstraint(
                condition=Q(scope="site", group=None, user=None)
                | Q(scope="group", group__isnull=False, user=None)
                | Q(scope="person", group=None, user__isnull=False),
                name="budget_is_for_one",
            ),
        )

    def __str__(self) -> str:
        return f"budget {self.pk}"


class BudgetUse(models.Model):
    """What is used of a budget in the period that began at `period_start`: by one person, or shared (`NOBODY`).

    A row is carried over from period to period: whoever touches it first in a new one starts it at nothing. It is read
    and written under its lock, last in a transaction and in the order of the budgets' ids.
    """

    budget = models.ForeignKey(Budget, models.CASCADE, related_name="uses", verbose_name=_("budget"))
    person = models.UUIDField(_("person"), default=NOBODY)
    period_start = models.DateTimeField(_("since"))
    spent = models.BigIntegerField(_("used"), default=0)
    reserved = models.BigIntegerField(_("set aside"), default=0)
    """For answers that run."""
    lifted_until = models.DateTimeField(_("lifted until"), null=True)
    warned_for = models.DateTimeField(null=True)
    """The period for which administrators were warned."""
    counted_at = models.DateTimeField()
    """When `spent` was last added up from the rollup."""

    class Meta:
        verbose_name = _("use of a budget")
        verbose_name_plural = _("use of budgets")
        constraints = (models.UniqueConstraint(fields=["budget", "person"], name="one_use_a_person"),)

    def __str__(self) -> str:
        return f"use of budget {self.budget_id}"


class Reservation(models.Model):
    """Set aside of a budget for one answer, or for a call in the background, until it ends."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    ref = models.UUIDField(db_index=True)
    """The answer, without a foreign key: it is released when the answer is gone, too."""
    use = models.ForeignKey(BudgetUse, models.CASCADE, related_name="reservations")
    amount = models.BigIntegerField()
    lasts_until = models.DateTimeField(null=True)
    """Of a call in the background: until when it can last at most."""

    def __str__(self) -> str:
        return f"reservation {self.id}"
