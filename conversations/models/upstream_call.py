"""The ledger: one row for each HTTP call that reached the upstream, and its daily rollup. No text."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _
from uuid_utils.compat import uuid7


class UpstreamCall(models.Model):
    """Append-only. Outlives conversation and user: it names them by opaque ids, without a foreign key."""

    class Purpose(models.TextChoices):
        ANSWER = "answer"
        TITLE = "title"
        SUMMARY = "summary"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user_ref = models.UUIDField(db_index=True)
    generation_ref = models.UUIDField(null=True, db_index=True)
    attempt = models.PositiveIntegerField(default=1)
    number = models.PositiveSmallIntegerField(default=1)
    """Which call of the attempt: 2 and more are retries."""
    purpose = models.CharField(max_length=8, choices=Purpose)
    upstream = models.CharField(max_length=100, default="deepseek")
    model_asked = models.CharField(max_length=100)
    model_served = models.CharField(max_length=100, blank=True)
    trace_id = models.CharField(max_length=200, blank=True)
    started_at = models.DateTimeField(db_index=True)
    first_token_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField()
    http_status = models.PositiveSmallIntegerField(null=True)
    finish_reason = models.CharField(max_length=64, blank=True)
    error_code = models.CharField(max_length=64, blank=True, db_index=True)
    cache_hit_tokens = models.PositiveBigIntegerField(default=0)
    cache_miss_tokens = models.PositiveBigIntegerField(default=0)
    output_tokens = models.PositiveBigIntegerField(default=0)
    reasoning_tokens = models.PositiveBigIntegerField(default=0)
    """Part of `output_tokens`."""
    # No constraint in the database: prices are cached for a minute, and one that an administrator removed meanwhile
    # must not keep an answer from being saved.
    price = models.ForeignKey("Price", models.PROTECT, null=True, related_name="+", db_constraint=False)
    peak = models.BooleanField(default=False)
    cost = models.DecimalField(max_digits=18, decimal_places=9, null=True)
    """Null when no price was known for the model."""
    currency = models.CharField(max_length=3, blank=True)
    estimated = models.BooleanField(default=False)
    simulated = models.BooleanField(default=False)
    """A call of the demo mode: counted, but it cost nothing."""

    class Meta:
        ordering = ("-started_at",)

    def __str__(self) -> str:
        return f"upstream call {self.id}"


class UsageDay(models.Model):
    """Rollup of the ledger: user x UTC day x model x currency, written in the ledger row's transaction."""

    user_ref = models.UUIDField()
    day = models.DateField()
    model = models.CharField(max_length=100)
    currency = models.CharField(max_length=3, blank=True)
    simulated = models.BooleanField(default=False)
    calls = models.PositiveIntegerField(default=0)
    failures = models.PositiveIntegerField(default=0)
    estimated_calls = models.PositiveIntegerField(default=0)
    cache_hit_tokens = models.PositiveBigIntegerField(default=0)
    cache_miss_tokens = models.PositiveBigIntegerField(default=0)
    output_tokens = models.PositiveBigIntegerField(default=0)
    reasoning_tokens = models.PositiveBigIntegerField(default=0)
    cost = models.DecimalField(max_digits=18, decimal_places=9, default=0)

    class Meta:
        verbose_name = _("usage of a day")
        verbose_name_plural = _("usage by day")
        constraints = (
            models.UniqueConstraint(
                fields=["user_ref", "day", "model", "currency", "simulated"], name="one_rollup_a_day"
            ),
        )
        indexes = (models.Index(fields=["day"], name="usage_by_day"),)

    def __str__(self) -> str:
        return f"usage {self.user_ref} {self.day} {self.model}"
