"""A conversation whose every text is marked, with an answer that runs and calls in the ledger."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from uuid_utils.compat import uuid7

from chatsite.accounts.models import User
from conversations.accounting import ledger
from conversations.deepseek import Balance, BalanceInfo
from conversations.history.keyring import keyring
from conversations.models import (
    Checkpoint,
    Conversation,
    Generation,
    Message,
    Pause,
    ReviewCase,
    UpstreamCall,
    WatchRules,
)
from conversations.services import alerts, balance, moderation

MARK = "walrus"
"""In every text that a person or the model wrote, and nowhere else."""


@dataclass(frozen=True)
class Chat:
    conversation: Conversation
    question: Message
    answer: Message


def marked_chat(user: User, *, running: bool = False) -> Chat:
    """A conversation of `user` with one question and one answer, complete or running; all texts contain `MARK`."""
    cipher, now = keyring().user(user.pk), datetime.now(UTC)
    conversation = Conversation(user=user, model="deepseek-flash", created_at=now, updated_at=now)
    conversation.seal(cipher, title=f"{MARK} title", instructions=f"{MARK} instructions")
    conversation.save()
    question = Message(conversation=conversation, role=Message.Role.USER, created_at=now)
    question.seal(cipher, text=f"{MARK} question " * 20)
    question.save()
    answer = Message(conversation=conversation, parent=question, role=Message.Role.ASSISTANT, created_at=now)
    answer.seal(cipher, text=f"{MARK} answer " * 20, reasoning=f"{MARK} reasoning")
    answer.save()
    generation = Generation.objects.create(
        message=answer,
        user=user,
        command=uuid7(),
        status=Generation.Status.RUNNING if running else Generation.Status.COMPLETE,
        model="deepseek-flash",
        thinking="off",
        created_at=now,
        cost=Decimal("0.5"),
        currency="USD",
    )
    checkpoint = Checkpoint(generation=generation, attempt=1, seq=3)
    checkpoint.seal(cipher, text=f"{MARK} checkpoint", reasoning=f"{MARK} checkpoint reasoning")
    checkpoint.save()
    return Chat(conversation, question, answer)


def call(user_ref: UUID, **columns: Any) -> UpstreamCall:
    """An unsaved ledger row of a call that began at `started_at` (default: now) and took two seconds."""
    started: datetime = columns.pop("started_at", datetime.now(UTC))
    given: dict[str, Any] = {
        "user_ref": user_ref,
        "purpose": UpstreamCall.Purpose.ANSWER,
        "model_asked": "deepseek-flash",
        "started_at": started,
        "ended_at": started + timedelta(seconds=2),
        "http_status": 200,
        "finish_reason": "stop",
        "cache_hit_tokens": 320,
        "cache_miss_tokens": 19,
        "output_tokens": 83,
    }
    return UpstreamCall(**given | columns)


def watched(person: User) -> None:
    """What the site notes down when it watches itself: an alert, a reading, a reviewed case and a pause."""
    now = datetime.now(UTC)
    alerts.raised("repeated_moderation", str(person.pk), {"person": str(person.pk), "events": 3, "days": 7})
    info = BalanceInfo("USD", Decimal(5))
    balance.note(f"upstream {person.pk}", Balance(True, (info,)), simulated=False, asked_at=now)
    record(call(person.pk, finish_reason="content_filter", error_code="content_filter"))
    moderation.collect()
    for case in ReviewCase.objects.filter(user_ref=person.pk):
        moderation.review(case, person, ReviewCase.State.REVIEWED, "a false alarm")
    Pause.objects.create(user=person, until=now + timedelta(hours=1))
    WatchRules.objects.get_or_create(pk=1)


def record(*calls: UpstreamCall) -> None:
    ledger.record(calls)
