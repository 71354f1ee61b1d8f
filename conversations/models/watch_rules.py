"""The rules by which the site watches itself, which administrators set. One row."""

from __future__ import annotations

from typing import Any

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _


class WatchRules(models.Model):
    """Its only possible key is 1. Without the row the defaults hold."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    poll_minutes = models.PositiveSmallIntegerField(
        _("minutes between two readings of the balance"),
        default=10,
        validators=[MinValueValidator(1), MaxValueValidator(1440)],
    )
    failure_minutes = models.PositiveSmallIntegerField(
        _("an incident looks back over this many minutes"),
        default=10,
        validators=[MinValueValidator(1), MaxValueValidator(1440)],
    )
    failure_calls = models.PositiveIntegerField(
        _("it opens at this many failed calls"), default=5, validators=[MinValueValidator(1)]
    )
    failure_percent = models.PositiveSmallIntegerField(
        _("and when they are this share of all, in percent"),
        default=20,
        validators=[MinValueValidator(1), MaxValueValidator(100)],
        help_text=_("It closes when less than a quarter of this share fails, or nothing was asked."),
    )
    repeat_events = models.PositiveSmallIntegerField(
        _("warn when one person has this many filtered or refused answers"),
        default=3,
        validators=[MinValueValidator(2)],
    )
    repeat_days = models.PositiveSmallIntegerField(
        _("within this many days"), default=7, validators=[MinValueValidator(1), MaxValueValidator(365)]
    )
    pause_events = models.PositiveSmallIntegerField(
        _("pause a person after this many"),
        null=True,
        blank=True,
        validators=[MinValueValidator(2)],
        help_text=_("In the same days. Empty: nobody is paused by rule."),
    )
    pause_hours = models.PositiveSmallIntegerField(
        _("for this many hours"), default=24, validators=[MinValueValidator(1), MaxValueValidator(8760)]
    )

    class Meta:
        verbose_name = _("watch rules")
        verbose_name_plural = _("watch rules")
        constraints = (models.CheckConstraint(condition=models.Q(id=1), name="watch_rules_are_one"),)

    def __str__(self) -> str:
        return str(_("watch rules"))

    @classmethod
    def in_force(cls, **defaults: Any) -> WatchRules:
        """The rules that hold now. One query."""
        return cls.objects.first() or cls(**defaults)
