"""The rollup of the whole site, which dashboards read."""

from __future__ import annotations

from django.db import models

from conversations.models.amount import AmountField


class SiteDay(models.Model):
    """Sums of `UsageDay` over all people: UTC day x model x currency, written in the ledger row's transaction.

    In parts, chosen by the person, so that answers that end together seldom wait for the same row; who reads adds them.
    """

    PARTS = 16

    day = models.DateField()
    model = models.CharField(max_length=100)
    currency = models.CharField(max_length=3, blank=True)
    simulated = models.BooleanField(default=False)
    part = models.PositiveSmallIntegerField()
    calls = models.PositiveBigIntegerField(default=0)
    failures = models.PositiveBigIntegerField(default=0)
    estimated_calls = models.PositiveBigIntegerField(default=0)
    cache_hit_tokens = models.PositiveBigIntegerField(default=0)
    cache_miss_tokens = models.PositiveBigIntegerField(default=0)
    output_tokens = models.PositiveBigIntegerField(default=0)
    reasoning_tokens = models.PositiveBigIntegerField(default=0)
    cost = AmountField(max_digits=18, decimal_places=9, default=0)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["day", "model", "currency", "simulated", "part"], name="one_site_rollup_a_part"
            ),
        )

    def __str__(self) -> str:
        return f"site {self.day} {self.model}"
