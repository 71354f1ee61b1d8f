"""Takeovers: what to do with a generation whose owner's lease ran out."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now

from conversations.accounting import ledger
from conversations.deepseek import estimate_tokens
from conversations.generation import recorder, upstream
from conversations.generation.job import Job
from conversations.generation.lifecycle import Status
from conversations.generation.outcome import Outcome
from conversations.history.keyring import keyring
from conversations.models import Checkpoint, Generation, UpstreamCall
from conversations.services.branches import branch_to
from conversations.services.conversations import own_texts, partial_texts, read_checkpoints
from conversations.services.replies import job_of

MOST_TAKEOVERS = 2
"""After that many the answer ends as interrupted: whatever kills its owners may be the answer itself."""

_AT_ONCE = 20


def expired() -> list[tuple[UUID, int]]:
    """`(message id, attempt)` of unfinished generations for which nobody vouches any more, oldest lease first."""
    rows = Generation.objects.filter(status__in=Generation.UNFINISHED, lease_until__lt=Now()).order_by("lease_until")
    return list(rows.values_list("pk", "attempt")[:_AT_ONCE])


def claim(
    owner: str, lease: float, message_id: UUID, attempt: int, *, simulated: bool
) -> tuple[Job, Outcome | None] | None:
    """Make `owner` the owner of the next attempt. None when another process was first.

    With an outcome, the attempt is not to be run: it ends like that at once (a stop was asked for, or it was taken over
    too often). With text so far, the job continues it; without, it starts again. The call that died with its owner is
    in the ledger from here on, as an estimate.
    """
    with transaction.atomic():
        claimed = Generation.objects.filter(
            pk=message_id, attempt=attempt, status__in=Generation.UNFINISHED, lease_until__lt=Now()
        ).update(
            owner=owner,
            attempt=F("attempt") + 1,
            takeovers=F("takeovers") + 1,
            status=Status.RUNNING,
            lease_until=Now() + timedelta(seconds=lease),
        )
        # `attempt_started_at` still is the lost attempt's.
        if not claimed:
            return None
        generation = Generation.objects.select_related("message__conversation__user").get(pk=message_id)
        job = _job(generation)
        ledger.record([_lost_call(generation, job, simulated)])
        if not job.text and not job.reasoning:
            Checkpoint.objects.filter(generation=generation).delete()
        Generation.objects.filter(pk=message_id).update(attempt_started_at=Now())
        return job, _end_at_once(generation, job)


def give_up(message_id: UUID, attempt: int) -> None:
    """End a generation that cannot be taken over: it would be tried for ever. What its checkpoints hold stays there."""
    Generation.objects.filter(
        pk=message_id, attempt=attempt, status__in=Generation.UNFINISHED, lease_until__lt=Now()
    ).update(status=Status.FAILED, error_code="server_fault", lease_until=None, ended_at=Now())


def _job(generation: Generation) -> Job:
    message = generation.message
    conversation = message.conversation
    cipher = keyring().user(conversation.user_id)
    so_far = partial_texts([message], cipher).get(message.pk, {})
    before = own_texts(message, cipher)
    reasoning, text = before[0] + so_far.get("reasoning", ""), before[1] + so_far.get("text", "")
    goes_on = bool(text) or generation.takeovers > MOST_TAKEOVERS or generation.stop_requested_at is not None
    if not goes_on:
        # Without text there is nothing to continue: reasoning is thought anew.
        reasoning = ""
    branch = branch_to(conversation, message.parent_id)
    language = conversation.user.language
    return job_of(generation, conversation, branch, cipher, text=text, reasoning=reasoning, language=language)


def _end_at_once(generation: Generation, job: Job) -> Outcome | None:
    stopped = generation.stop_requested_at is not None
    if not stopped and generation.takeovers <= MOST_TAKEOVERS:
        return None
    return Outcome(
        status=Status.STOPPED if stopped else Status.INTERRUPTED,
        seq=0,
        text=job.text,
        reasoning=job.reasoning,
        error_code="" if stopped else "interrupted",
        ended_at=datetime.now(UTC),
        duration_ms=job.duration_ms + int((datetime.now(UTC) - _began(generation)).total_seconds() * 1000),
        reasoning_ms=job.reasoning_ms,
    )


def _began(generation: Generation) -> datetime:
    """When this writing began: with the question, or of a continued answer with the attempt that was lost."""
    return generation.created_at if generation.duration_ms is None else generation.attempt_started_at


def _lost_call(generation: Generation, job: Job, simulated: bool) -> UpstreamCall:
    lost = generation.attempt - 1
    rows = list(Checkpoint.objects.filter(generation=generation).order_by("attempt", "seq"))
    own = own_texts(generation.message, job.cipher)
    reasoning, text = read_checkpoints(rows, job.cipher, own)
    before = read_checkpoints([row for row in rows if row.attempt < lost], job.cipher, own)
    sent = replace(job, reasoning=before[0], text=before[1])
    received = reasoning[len(before[0]) :] + text[len(before[1]) :]
    return UpstreamCall(
        id=recorder.estimate_id(generation.pk, lost),
        user_ref=job.user_id,
        generation_ref=generation.pk,
        attempt=lost,
        number=0,
        purpose=UpstreamCall.Purpose.ANSWER,
        model_asked=generation.model,
        started_at=generation.attempt_started_at,
        ended_at=datetime.now(UTC),
        error_code="interrupted",
        # An owner that died before the first token may not have sent anything: not billed, as in `ledger_row`.
        cache_miss_tokens=upstream.sent_by(sent) if received else 0,
        output_tokens=estimate_tokens(received),
        estimated=True,
        simulated=simulated,
    )
