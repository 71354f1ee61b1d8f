"""A generation: one production of one assistant message, and the checkpoints of its running text."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone
from uuid_utils.compat import uuid7

from conversations.history.fields import SealedField, SealedRow
from conversations.models.amount import AmountField


class Generation(SealedRow):
    """State, owner and lease of an answer. Its key is the message's: browsers know one id for both.

    Every checkpoint, renewal and end is an UPDATE guarded by `owner` and `attempt`, so that a paused old owner writes
    nothing. `lease_until` is the database's clock.
    """

    class Status(models.TextChoices):
        QUEUED = "queued"
        RUNNING = "running"
        COMPLETE = "complete"
        STOPPED = "stopped"
        INTERRUPTED = "interrupted"
        FAILED = "failed"

    UNFINISHED = (Status.QUEUED, Status.RUNNING)

    message = models.OneToOneField("Message", models.CASCADE, primary_key=True, related_name="generation")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="generations")
    command = models.UUIDField(editable=False)
    """The browser's id of the command that asked for it: the same command twice makes one generation."""
    status = models.CharField(max_length=11, choices=Status, default=Status.QUEUED)
    model = models.CharField(max_length=100)
    thinking = models.CharField(max_length=8)
    options = SealedField()
    """Sampling settings: takeovers, continuations and regenerations use the same ones."""
    output_limit = models.PositiveIntegerField(null=True)
    """Tokens that policy and budgets leave it, thinking included; None: as many as the model and `options` allow."""
    owner = models.CharField(max_length=100, blank=True)
    """The channel of the process that runs it."""
    attempt = models.PositiveIntegerField(default=1)
    takeovers = models.PositiveSmallIntegerField(default=0)
    lease_until = models.DateTimeField(null=True)
    stop_requested_at = models.DateTimeField(null=True)
    seq = models.PositiveIntegerField(default=0)
    """The last frame of the attempt, known at the end."""
    finish_reason = models.CharField(max_length=64, blank=True)
    error_code = models.CharField(max_length=64, blank=True)
    upstream = models.CharField(max_length=100, blank=True)
    """Who gave the answer, or failed to: a name as in the ledger. Empty while nobody did."""
    created_at = models.DateTimeField(editable=False)
    attempt_started_at = models.DateTimeField(default=timezone.now, editable=False)
    ended_at = models.DateTimeField(null=True)
    duration_ms = models.PositiveIntegerField(null=True)
    reasoning_ms = models.PositiveIntegerField(null=True)
    prompt_tokens = models.PositiveBigIntegerField(null=True)
    cached_tokens = models.PositiveBigIntegerField(null=True)
    completion_tokens = models.PositiveBigIntegerField(null=True)
    reasoning_tokens = models.PositiveBigIntegerField(null=True)
    cost = AmountField(max_digits=18, decimal_places=9, null=True)
    currency = models.CharField(max_length=3, blank=True)
    estimated = models.BooleanField(default=False)
    simulated = models.BooleanField(default=False)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["user", "command"], name="one_generation_a_command"),)
        indexes = (
            models.Index(
                fields=["lease_until"], condition=models.Q(status__in=["queued", "running"]), name="unfinished_by_lease"
            ),
            # Calls that never got to the upstream are in no ledger.
            models.Index(
                fields=["ended_at"], condition=models.Q(error_code="unreachable"), name="generations_unreachable"
            ),
        )

    def __str__(self) -> str:
        return f"generation {self.message_id}"


class Checkpoint(SealedRow):
    """New text of a running generation since the checkpoint before. Folded into the message and removed at the end."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    generation = models.ForeignKey(Generation, models.CASCADE, related_name="checkpoints")
    attempt = models.PositiveIntegerField()
    seq = models.PositiveIntegerField()
    """The last frame that this checkpoint covers."""
    text = SealedField()
    reasoning = SealedField()
    text_from = models.PositiveIntegerField(default=0)
    reasoning_from = models.PositiveIntegerField(default=0)
    """Where in the whole answer they begin, in characters: rows may overlap after a commit whose success nobody
    heard.
    """

    class Meta:
        constraints = (models.UniqueConstraint(fields=["generation", "attempt", "seq"], name="one_checkpoint_a_frame"),)

    def __str__(self) -> str:
        return f"checkpoint {self.id}"
