"""Prices as data: dated rows, peak windows and the holidays on which there is no peak."""

from __future__ import annotations

from django.db import models

from conversations.models.amount import AmountField


class Price(models.Model):
    """What a model costs from a moment on, off-peak, in units of `currency` per million tokens."""

    model = models.CharField(max_length=100)
    valid_from = models.DateTimeField()
    currency = models.CharField(max_length=3, default="USD")
    cache_hit = AmountField(max_digits=12, decimal_places=6)
    cache_miss = AmountField(max_digits=12, decimal_places=6)
    output = AmountField(max_digits=12, decimal_places=6)
    peak_factor = AmountField(max_digits=5, decimal_places=2, default=1)
    """What the three prices are multiplied by in a peak window."""

    class Meta:
        ordering = ("model", "-valid_from")
        constraints = (models.UniqueConstraint(fields=["model", "valid_from", "currency"], name="one_price_a_moment"),)

    def __str__(self) -> str:
        return f"{self.model} from {self.valid_from:%Y-%m-%d}"


class PeakWindow(models.Model):
    """A daily window of peak prices, Monday to Friday, in UTC."""

    starts = models.TimeField()
    ends = models.TimeField()

    class Meta:
        ordering = ("starts",)

    def __str__(self) -> str:
        return f"{self.starts:%H:%M} to {self.ends:%H:%M} UTC"


class Holiday(models.Model):
    """A day without peak prices (a Chinese public holiday)."""

    day = models.DateField(unique=True)
    name = models.CharField(max_length=100, blank=True)

    class Meta:
        ordering = ("day",)

    def __str__(self) -> str:
        return f"{self.day} {self.name}".strip()
