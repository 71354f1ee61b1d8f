"""The ledger: one row for each HTTP call that reached the upstream, and its daily rollup. No text."""

from __future__ import annotations

from typing import Final

from django.db import models
from django.utils.translation import gettext_lazy as _
from uuid_utils.compat import uuid7

from conversations.models.amount import AmountField

NORMAL_REASONS: Final = ("", "stop", "tool_calls", "stopped")
"""`stopped`: the person pressed stop. An empty reason says nothing by itself; the error code does."""

NOTABLE: Final = models.Q(error_code__gt="") | ~models.Q(finish_reason__in=NORMAL_REASONS)
"""Calls that did not simply go well: one in many. Queries for them name this very condition, so that their index
serves."""


class UpstreamCall(models.Model):
    """Append-only. Outlives conversation and user: it names them by opaque ids, without a foreign key.

    Two things alone change what is written: the real calls of an owner that was taken for lost replace the estimate
    that stood for them, and a repricing, which is in the audit log, changes price, peak, cost and currency.
    """

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
    queued_at = models.DateTimeField(null=True)
    """When it took its place in the queue before the model; null where that is not known."""
    started_at = models.DateTimeField(db_index=True)
    """When the request was sent."""
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
    cost = AmountField(max_digits=18, decimal_places=9, null=True)
    """Null when no price was known for the model."""
    currency = models.CharField(max_length=3, blank=True)
    estimated = models.BooleanField(default=False)
    simulated = models.BooleanField(default=False)
    """A call of the demo mode: counted, but it cost nothing."""

    class Meta:
        ordering = ("-started_at",)
        indexes = (
            # Few calls end otherwise than well: what went wrong is counted without a look at the others.
            models.Index(
                fields=[
                    "started_at",
                    "error_code",
                    "finish_reason",
                    "model_asked",
                    "upstream",
                    "user_ref",
                    "simulated",
                ],
                condition=NOTABLE,
                name="notable_calls_by_start",
            ),
        )

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
    cost = AmountField(max_digits=18, decimal_places=9, default=0)

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
