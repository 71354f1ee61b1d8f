"""The balance of the accounts at upstreams, as it was read, and the marks below which administrators are warned."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from conversations.models.amount import AmountField


class BalanceReading(models.Model):
    """What an upstream said about one currency of its account. One row a reading and currency; append-only."""

    taken_at = models.DateTimeField(_("taken"))
    upstream = models.CharField(_("upstream"), max_length=100)
    """A name as in the ledger; `simulator` in demo mode."""
    currency = models.CharField(_("currency"), max_length=3)
    total = AmountField(_("total"), max_digits=18, decimal_places=6)
    """What was granted plus what was paid in."""
    granted = AmountField(_("granted"), max_digits=18, decimal_places=6, null=True)
    topped_up = AmountField(_("topped up"), max_digits=18, decimal_places=6, null=True)
    is_available = models.BooleanField(_("enough for calls"))

    class Meta:
        verbose_name = _("balance reading")
        verbose_name_plural = _("balance readings")
        ordering = ("-taken_at",)
        constraints = (
            models.UniqueConstraint(fields=["upstream", "currency", "taken_at"], name="one_balance_a_moment"),
        )
        indexes = (models.Index(fields=["taken_at"], name="balance_by_time"),)

    def __str__(self) -> str:
        return f"balance {self.upstream} {self.currency} {self.taken_at:%Y-%m-%d %H:%M}"


class BalanceMark(models.Model):
    """When administrators are warned: below an amount, or when the balance lasts for fewer than some days."""

    currency = models.CharField(
        _("currency"), max_length=3, blank=True, help_text=_("Such as USD. Empty, for days only: every currency.")
    )
    amount = AmountField(
        _("less than this amount"),
        max_digits=18,
        decimal_places=6,
        null=True,
        blank=True,
        validators=[MinValueValidator(0)],
    )
    days = models.PositiveSmallIntegerField(
        _("lasts for fewer than these days"), null=True, blank=True, validators=[MinValueValidator(1)]
    )

    class Meta:
        verbose_name = _("balance mark")
        verbose_name_plural = _("balance marks")
        ordering = ("currency", "amount", "days")
        constraints = (
            models.CheckConstraint(
                condition=models.Q(amount__isnull=True, days__isnull=False)
                | models.Q(amount__isnull=False, days__isnull=True),
                name="balance_mark_is_amount_or_days",
            ),
        )

    def __str__(self) -> str:
        return f"{self.currency} {self.amount if self.days is None else self.days}".strip()

    def clean(self) -> None:
        super().clean()
        self.currency = self.currency.strip().upper()
        if (self.amount is None) == (self.days is None):
            raise ValidationError(_("Give either an amount or a number of days."))
        if self.amount is not None and not self.currency:
            raise ValidationError({"currency": _("An amount needs its currency.")})
