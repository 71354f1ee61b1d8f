"""Budgets for tests, and answers that use them up without an upstream."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from chatsite.accounts.models import User
from conversations.accounting import reservations, rules
from conversations.generation import recorder
from conversations.generation.job import Job
from conversations.generation.lifecycle import Status
from conversations.generation.options import DEFAULT, Options
from conversations.generation.outcome import Outcome
from conversations.models import Budget, BudgetUse, Generation, Reservation, UpstreamCall
from conversations.services import budgets, replies

OWNER = "one"


def budget(**fields: Any) -> Budget:
    """By default 100,000 tokens a month for everybody together."""
    given: dict[str, Any] = {"measure": "tokens", "currency": "", "period": "month", "hard": 100_000}
    made = Budget.objects.create(**given | fields)
    rules.forget()
    return made


def ask(user: User, *, text: str = "Hello", model: str = "deepseek-flash", **more: Any) -> Job:
    """The job of a question. Raises `Refused`."""
    given: dict[str, Any] = {
        "user_id": user.pk,
        "command": uuid4(),
        "owner": OWNER,
        "conversation_id": None,
        "parent_id": None,
        "text": text,
        "model": model,
        "thinking": "off",
        "options": DEFAULT,
    }
    reply = replies.send(**given | more)
    assert reply.job is not None
    return reply.job


def short(tokens: int) -> Options:
    """Answers of at most so many tokens."""
    return Options(max_tokens=tokens)


def end(
    job: Job, *, sent: int = 10, written: int = 20, status: Status = Status.COMPLETE, owner: str = OWNER, **fields: Any
) -> Generation | None:
    """The end of an answer that used so many tokens."""
    return recorder.finish(owner, job, outcome(job, call(job, sent=sent, written=written, **fields), status=status))


def outcome(job: Job, *calls: UpstreamCall, status: Status = Status.COMPLETE) -> Outcome:
    return Outcome(
        status=status,
        seq=1,
        text="an answer",
        reasoning="",
        finish_reason="stop" if status is Status.COMPLETE else "",
        ended_at=datetime.now(UTC),
        duration_ms=10,
        reasoning_ms=None,
        calls=calls,
    )


def call(job: Job, *, sent: int, written: int, **fields: Any) -> UpstreamCall:
    now = datetime.now(UTC)
    given: dict[str, Any] = {
        "user_ref": job.user_id,
        "generation_ref": job.message_id,
        "attempt": job.attempt,
        "purpose": "answer",
        "model_asked": job.model,
        "started_at": now,
        "ended_at": now,
        "cache_miss_tokens": sent,
        "output_tokens": written,
    }
    return UpstreamCall(**given | fields)


def use_of(made: Budget, person: UUID | None = None) -> BudgetUse:
    uses = made.uses.filter(person=person) if person else made.uses
    return uses.get()


def held() -> int:
    """How many reservations there are."""
    return Reservation.objects.count()


def expire(message_id: Any) -> None:
    """As if its lease had run out."""
    past = datetime.now(UTC) - timedelta(seconds=10)
    Generation.objects.filter(pk=message_id).update(lease_until=past)


def later(monkeypatch: pytest.MonkeyPatch, **delta: float) -> None:
    """The process's clock, as the budgets see it."""
    real = datetime

    class Shifted(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> Any:
            return real.now(tz) + timedelta(**delta)

    monkeypatch.setattr(budgets, "datetime", Shifted)
    monkeypatch.setattr(reservations, "datetime", Shifted)
