"""What the engine writes: checkpoints and leases in batches, and the end.

Every write is guarded by owner and attempt in the same transaction, so that an owner that was only paused, and whose
generation another process has taken over meanwhile, writes nothing any more.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid5

from django.db import DataError, IntegrityError, transaction
from django.db.models import BinaryField, CharField, IntegerField, UUIDField
from django.db.models.functions import Now

from conversations.accounting import ledger
from conversations.generation.job import Job
from conversations.generation.lifecycle import ENDS, Status, sources
from conversations.generation.outcome import Outcome
from conversations.generation.transcript import Piece
from conversations.models import Checkpoint, Generation, Message, UpstreamCall
from conversations.models.statements import Delete, Insert, Param, Update

_FIGURES = (
    "prompt_tokens",
    "cached_tokens",
    "completion_tokens",
    "reasoning_tokens",
    "cost",
    "currency",
    "estimated",
    "simulated",
)
_END = (
    "status",
    "seq",
    "finish_reason",
    "error_code",
    "upstream",
    "ended_at",
    "duration_ms",
    "reasoning_ms",
    *_FIGURES,
)


_COLUMNS = {field.name: field for field in Generation._meta.concrete_fields}


def _claim(end: Status) -> Update:
    return Update(
        lambda: Generation.objects.filter(
            pk=Param("message_id", UUIDField()),
            owner=Param("owner", CharField()),
            attempt=Param("attempt", IntegerField()),
            status__in=sources(end),
        ),
        lease_until=None,
        **{name: Param(name, _COLUMNS[name]) for name in _END},
    )


_claim_end = {end: _claim(end) for end in ENDS}
_write_text = Update(
    lambda: Message.objects.filter(pk=Param("message_id", UUIDField())),
    text=Param("text", BinaryField()),
    reasoning=Param("reasoning", BinaryField()),
)
_remove_checkpoints = Delete(lambda: Checkpoint.objects.filter(generation_id=Param("message_id", UUIDField())))
# A row that is there already was committed by a try whose success nobody heard of.
_append = Insert(Checkpoint, on_conflict="ON CONFLICT DO NOTHING")

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Renewal:
    """What a process learns when it renews its leases."""

    owned: Mapping[UUID, int]
    """Attempt by message: the generations that are still this process's."""
    stop_requested: frozenset[UUID]


def renew(owner: str, lease: float, running: Mapping[UUID, int], pieces: Iterable[tuple[Job, Piece]]) -> Renewal:
    """Renew the leases of `owner` on what it runs (`running`: attempt by message), and append `pieces` as checkpoints
    where it still owns the attempt.

    What it owns and does not run keeps its lease as it is: a command or a takeover that was committed without its
    process hearing of it. It would have no end, were it vouched for.

    One transaction for the whole process: a SELECT that locks, an UPDATE and one INSERT, whatever the number of
    generations. The locks, in the order of the keys, keep takeovers and deletions out until the checkpoints are in.
    """
    with transaction.atomic():
        mine = Generation.objects.filter(owner=owner, status__in=Generation.UNFINISHED)
        rows = list(mine.select_for_update().order_by("pk").values_list("message_id", "attempt", "stop_requested_at"))
        owned = {message_id: attempt for message_id, attempt, _ in rows}
        if vouched := [message_id for message_id, attempt in owned.items() if running.get(message_id) == attempt]:
            these = mine if len(vouched) == len(owned) else mine.filter(pk__in=vouched)
            these.update(lease_until=Now() + timedelta(seconds=lease))
        _append.run(_checkpoint(job, piece) for job, piece in pieces if owned.get(job.message_id) == job.attempt)
    return Renewal(owned, frozenset(message_id for message_id, _, stop in rows if stop is not None))


def release(owner: str) -> None:
    """Give up all leases of `owner`: its process ends, and others need not wait for them to run out."""
    Generation.objects.filter(owner=owner, status__in=Generation.UNFINISHED).update(
        lease_until=Now() - timedelta(seconds=1)
    )


def finish(owner: str, job: Job, outcome: Outcome) -> Generation | None:
    """Claim the end and write it: final text, ledger rows, rollup. None when the attempt was no longer this owner's.

    The calls are recorded in either case: they reached the upstream and were billed. Locks are taken in the order
    generation, message, rollup, as everywhere. The text does not depend on the accounting: should the ledger refuse
    a row, the answer ends all the same.
    """
    try:
        return _finish(owner, job, outcome, record=ledger.record)
    except (DataError, IntegrityError):
        # Once more, with a savepoint around the ledger: no other end pays for one.
        return _finish(owner, job, outcome, record=_record)


def _finish(owner: str, job: Job, outcome: Outcome, *, record: Callable[..., object]) -> Generation | None:
    generation = _ended(owner, job, outcome)
    with transaction.atomic():
        if not _claim_end[outcome.status].run(**vars(generation)):
            if _is_written(generation):
                # By a try whose success nobody heard of.
                return generation
            _replace_estimate(job, outcome)
            return None
        message = generation.message
        _write_text.run(message_id=message.pk, text=message.text, reasoning=message.reasoning)
        _remove_checkpoints.run(message_id=message.pk)
        record(outcome.calls, settles=generation.pk)
        if job.attempt > 1:
            figures = _add_up(generation.pk)
            for name, value in figures.items():
                setattr(generation, name, value)
    return generation


def _replace_estimate(job: Job, outcome: Outcome) -> None:
    """Whoever took over has put an estimate for this attempt into the ledger; the real calls take its place."""
    # The lock: an heir that ends adds up what is in the ledger, before this or after it.
    row = Generation.objects.select_for_update().filter(pk=job.message_id).values_list("status", flat=True)
    status = row.first()
    ledger.withdraw([estimate_id(job.message_id, job.attempt)])
    _record(outcome.calls)
    if status in ENDS:
        _add_up(job.message_id)


def _is_written(generation: Generation) -> bool:
    """Whether the end in the database is this very one."""
    same = ("owner", "attempt", "status", "seq", "ended_at")
    return Generation.objects.filter(
        pk=generation.message.pk, **{name: getattr(generation, name) for name in same}
    ).exists()


def _ended(owner: str, job: Job, outcome: Outcome) -> Generation:
    """The generation and its message as they are to be written."""
    message = Message(pk=job.message_id)
    message.seal(job.cipher, text=outcome.text, reasoning=outcome.reasoning)
    return Generation(
        message=message,
        owner=owner,
        attempt=job.attempt,
        model=job.model,
        thinking=job.thinking,
        status=outcome.status,
        seq=outcome.seq,
        finish_reason=outcome.finish_reason,
        error_code=outcome.error_code,
        upstream=outcome.upstream,
        ended_at=outcome.ended_at,
        duration_ms=outcome.duration_ms,
        reasoning_ms=outcome.reasoning_ms,
        **_figures([ledger.priced(call) for call in outcome.calls]),
    )


def _add_up(message_id: UUID) -> dict[str, Any]:
    """Give an answer the figures of all its calls, also those of earlier attempts. Returns them."""
    figures = _figures(list(UpstreamCall.objects.filter(generation_ref=message_id)))
    if figures:
        Generation.objects.filter(pk=message_id).update(**figures)
    return figures


def estimate_id(message_id: UUID, attempt: int) -> UUID:
    """The ledger id of the estimate for an attempt whose owner was lost. Its own calls are numbered from 1."""
    return uuid5(message_id, f"{attempt}:0")


def _record(calls: Sequence[UpstreamCall], *, settles: UUID | None = None) -> None:
    """Record what the ledger takes; a refusal undoes nothing else."""
    try:
        with transaction.atomic():
            ledger.record(calls, settles=settles)
    except (DataError, IntegrityError) as error:
        logger.error("the ledger refused %d calls (%s)", len(calls), type(error).__name__)


def _checkpoint(job: Job, piece: Piece) -> Checkpoint:
    row = Checkpoint(
        generation_id=job.message_id,
        attempt=job.attempt,
        seq=piece.seq,
        text_from=piece.text_from,
        reasoning_from=piece.reasoning_from,
    )
    row.seal(job.cipher, text=piece.text, reasoning=piece.reasoning)
    return row


def _figures(calls: list[UpstreamCall]) -> dict[str, Any]:
    """A generation's tokens and cost: sums over its calls, nothing when there were none."""
    if not calls:
        return {}
    cost, currency = ledger.total(calls)
    return {
        "prompt_tokens": sum(call.cache_hit_tokens + call.cache_miss_tokens for call in calls),
        "cached_tokens": sum(call.cache_hit_tokens for call in calls),
        "completion_tokens": sum(call.output_tokens for call in calls),
        "reasoning_tokens": sum(call.reasoning_tokens for call in calls),
        "cost": cost,
        "currency": currency,
        "estimated": any(call.estimated for call in calls),
        "simulated": any(call.simulated for call in calls),
    }
