"""What the engine writes, and what keeps it from writing twice, too late, or not at all."""

from __future__ import annotations

import asyncio
import random
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4, uuid5

import pytest
from django.db.models import Sum

from chatsite import database
from chatsite.accounts.models import User
from conversations.accounting import ledger
from conversations.generation import recorder
from conversations.generation.job import Job
from conversations.generation.lifecycle import Status
from conversations.generation.outcome import Outcome
from conversations.generation.transcript import Piece
from conversations.models import Checkpoint, Generation, Message, UpstreamCall, UsageDay
from conversations.services import answers, conversations, replies, takeovers

pytestmark = pytest.mark.django_db


def asked(user: User, owner: str = "one") -> Job:
    """The job of a fresh question."""
    reply = replies.send(
        user_id=user.pk,
        command=uuid4(),
        owner=owner,
        conversation_id=None,
        parent_id=None,
        text="Hello",
        model="deepseek-flash",
        thinking="off",
    )
    assert reply.job is not None
    return reply.job


def call(job: Job, **fields: Any) -> UpstreamCall:
    now = datetime.now(UTC)
    return UpstreamCall(
        **{
            "user_ref": job.user_id,
            "generation_ref": job.message_id,
            "attempt": job.attempt,
            "purpose": "answer",
            "model_asked": job.model,
            "started_at": now,
            "ended_at": now,
            "cache_miss_tokens": 10,
            "output_tokens": 20,
            **fields,
        }
    )


def outcome(text: str = "an answer", *calls: UpstreamCall) -> Outcome:
    return Outcome(
        status=Status.COMPLETE,
        seq=3,
        text=text,
        reasoning="",
        finish_reason="stop",
        ended_at=datetime.now(UTC),
        duration_ms=10,
        reasoning_ms=None,
        calls=calls,
    )


def expire(job: Job) -> None:
    past = datetime.now(UTC) - timedelta(seconds=10)
    Generation.objects.filter(pk=job.message_id).update(lease_until=past)


def test_the_end_is_written_once(alice: User) -> None:
    job = asked(alice)
    first = recorder.finish("one", job, outcome("the first", call(job)))
    assert first is not None
    assert first.completion_tokens == 20
    assert recorder.finish("one", job, outcome("the second")) is None
    assert Message.objects.get(pk=job.message_id).unseal(job.cipher, "text") == "the first"


def test_checkpoints_and_leases_are_for_the_owner_alone(alice: User) -> None:
    mine, other = asked(alice), asked(alice, "two")
    pieces = [(mine, Piece(1, "", "ab")), (other, Piece(1, "", "cd"))]
    renewal = recorder.renew("one", 5, {mine.message_id: 1}, pieces)
    assert dict(renewal.owned) == {mine.message_id: 1}
    assert list(Checkpoint.objects.values_list("generation_id", flat=True)) == [mine.message_id]


def test_what_is_committed_twice_since_nobody_heard_of_it_is_there_once(alice: User) -> None:
    job, other = asked(alice), asked(alice)
    running = {job.message_id: 1, other.message_id: 1}
    recorder.renew("one", 5, running, [(job, Piece(1, "", "ab"))])
    recorder.renew("one", 5, running, [(job, Piece(1, "", "ab")), (other, Piece(1, "", "cd"))])
    assert Checkpoint.objects.count() == 2
    result = outcome("ab")
    assert recorder.finish("one", job, result) is not None
    again = recorder.finish("one", job, result)
    assert again is not None, "its end would never be announced"
    assert again.status == "complete"
    assert recorder.finish("one", job, outcome("another end")) is None


def test_what_is_owned_and_does_not_run_is_not_vouched_for(alice: User) -> None:
    running, unheard = asked(alice), asked(alice)
    Generation.objects.update(lease_until=datetime.now(UTC) + timedelta(seconds=1))
    before = Generation.objects.get(pk=unheard.message_id).lease_until
    renewal = recorder.renew("one", 60, {running.message_id: 1, unheard.message_id: 2}, [])
    assert Generation.objects.get(pk=unheard.message_id).lease_until == before
    assert Generation.objects.filter(lease_until__gt=datetime.now(UTC) + timedelta(seconds=30)).count() == 1
    assert renewal.owned == {running.message_id: 1, unheard.message_id: 1}


def test_a_stop_is_heard_with_the_next_renewal(alice: User) -> None:
    job = asked(alice)
    assert answers.request_stop(alice.pk, job.message_id) == "one"
    assert recorder.renew("one", 5, {job.message_id: 1}, []).stop_requested == {job.message_id}


def test_released_leases_are_there_for_others_at_once(alice: User) -> None:
    job = asked(alice)
    assert takeovers.expired() == []
    recorder.release("one")
    assert takeovers.expired() == [(job.message_id, 1)]


def test_the_real_calls_of_a_paused_owner_take_the_place_of_the_estimate(alice: User) -> None:
    job = asked(alice)
    recorder.renew("one", 5, {job.message_id: 1}, [(job, Piece(1, "", "half an answer"))])
    expire(job)
    claimed = takeovers.claim("two", 5, job.message_id, 1, simulated=False)
    assert claimed is not None
    assert claimed[0].text == "half an answer"
    estimate = UpstreamCall.objects.get()
    assert estimate.estimated
    assert recorder.finish("one", job, outcome("too late", call(job))) is None
    real = UpstreamCall.objects.get()
    assert (real.estimated, real.output_tokens) == (False, 20)
    totals = UsageDay.objects.aggregate(calls=Sum("calls"), output=Sum("output_tokens"), failures=Sum("failures"))
    assert totals == {"calls": 1, "output": 20, "failures": 0}


def test_whoever_takes_over_speaks_the_person_s_language(alice: User) -> None:
    alice.language = "de"
    alice.save()
    job = asked(alice)
    expire(job)
    claimed = takeovers.claim("two", 5, job.message_id, 1, simulated=False)
    assert claimed is not None
    assert claimed[0].language == "de"


def test_an_owner_that_died_before_the_first_token_is_not_billed(alice: User) -> None:
    job = asked(alice)
    expire(job)
    takeovers.claim("two", 5, job.message_id, 1, simulated=False)
    lost = UpstreamCall.objects.get()
    assert (lost.cache_miss_tokens, lost.output_tokens) == (0, 0)


def test_a_damaged_checkpoint_costs_its_own_text_and_no_more(alice: User) -> None:
    job = asked(alice)
    recorder.renew("one", 5, {job.message_id: 1}, [(job, Piece(1, "", "ab"))])
    recorder.renew("one", 5, {job.message_id: 1}, [(job, Piece(2, "", "cd", 0, 2))])
    Checkpoint.objects.filter(seq=2).update(text=b"damaged")
    expire(job)
    claimed = takeovers.claim("two", 5, job.message_id, 1, simulated=False)
    assert claimed is not None
    assert claimed[0].text == "ab"


def test_what_cannot_be_taken_over_ends(alice: User) -> None:
    job = asked(alice)
    takeovers.give_up(job.message_id, 1)
    assert Generation.objects.get().status == "running"
    expire(job)
    takeovers.give_up(job.message_id, 1)
    assert (Generation.objects.get().status, Generation.objects.get().error_code) == ("failed", "server_fault")


def test_a_text_is_kept_when_the_ledger_refuses_a_row(alice: User, caplog: pytest.LogCaptureFixture) -> None:
    job = asked(alice)
    refused = call(job, purpose="answer", user_ref=None)
    ended = recorder.finish("one", job, outcome("kept", refused))
    assert ended is not None
    assert ended.message.unseal(job.cipher, "text") == "kept"
    assert UpstreamCall.objects.count() == 0
    assert "the ledger refused" in caplog.text


def test_huge_figures_are_stored(alice: User) -> None:
    job = asked(alice)
    most = 2**31 - 1
    huge = call(job, cache_hit_tokens=most, cache_miss_tokens=most, output_tokens=most)
    ended = recorder.finish("one", job, outcome("kept", huge))
    assert ended is not None
    assert ended.prompt_tokens == 2 * most


def test_an_end_below_a_deleted_conversation_is_no_error(alice: User) -> None:
    job = asked(alice)
    assert conversations.delete(alice.pk, job.conversation_id) == [(job.message_id, "one")]
    assert recorder.finish("one", job, outcome("gone", call(job))) is None
    assert recorder.renew("one", 5, {job.message_id: 1}, [(job, Piece(1, "", "ab"))]).owned == {}
    assert UpstreamCall.objects.count() == 1


def test_estimates_are_withdrawn_and_facts_are_not(alice: User) -> None:
    job = asked(alice)
    fact, estimate = call(job), call(job, estimated=True, error_code="interrupted")
    ledger.record([fact, estimate])
    ledger.withdraw([fact.id, estimate.id])
    assert [row.pk for row in UpstreamCall.objects.all()] == [fact.id]
    day = UsageDay.objects.get()
    assert (day.calls, day.failures, day.estimated_calls, day.output_tokens) == (1, 0, 0, 20)
    assert day.cost == (fact.cost or Decimal(0))


@pytest.mark.django_db(transaction=True)
async def test_ledger_rollup_and_answers_agree_whoever_writes_at_the_same_time(alice: User) -> None:
    """Owners that end, heirs that take over and end, titles and withdrawals, for one person on one day."""
    jobs = [await database.run(asked, alice) for _ in range(12)]

    def end(job: Job, owner: str, calls: int) -> None:
        made = [
            call(job, number=number, id=uuid5(job.message_id, f"{job.attempt}:{number}")) for number in range(calls)
        ]
        recorder.finish(owner, job, outcome("an answer", *made))

    def take_over_and_end(job: Job) -> None:
        expire(job)
        claimed = takeovers.claim("two", 10, job.message_id, 1, simulated=False)
        if claimed is not None:
            end(claimed[0], "two", 1)

    def title(job: Job) -> None:
        ledger.record([call(job, purpose="title", generation_ref=None)])

    def withdraw(job: Job) -> None:
        ledger.withdraw([recorder.estimate_id(job.message_id, 1)])

    work = [database.run(end, job, "one", 2) for job in jobs]
    work += [database.run(each, job) for each in (take_over_and_end, title, withdraw) for job in jobs]
    random.shuffle(work)
    await asyncio.gather(*work)
    await database.run(_assert_all_agree, jobs)


def _assert_all_agree(jobs: list[Job]) -> None:
    names = ("cache_hit_tokens", "cache_miss_tokens", "output_tokens", "cost")
    sums = {name: Sum(name, default=0) for name in names}
    assert UpstreamCall.objects.aggregate(**sums) == UsageDay.objects.aggregate(**sums)
    assert UsageDay.objects.aggregate(Sum("calls"))["calls__sum"] == UpstreamCall.objects.count()
    assert not UpstreamCall.objects.filter(estimated=True).exists()
    for job in jobs:
        generation = Generation.objects.get(pk=job.message_id)
        calls = UpstreamCall.objects.filter(generation_ref=job.message_id)
        assert generation.status == Status.COMPLETE
        assert calls.filter(attempt=1).count() == 2
        assert generation.completion_tokens == calls.aggregate(Sum("output_tokens"))["output_tokens__sum"]
