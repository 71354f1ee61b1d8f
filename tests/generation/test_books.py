"""Ledger, rollup and answers agree after any mix of ends, stops, kills, takeovers, late owners and repricings."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid5

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chatsite.accounts.models import User
from conversations.accounting import ledger, repricing, tariff
from conversations.accounting.repricing import Period
from conversations.generation import recorder
from conversations.generation.job import Job
from conversations.generation.lifecycle import Status
from conversations.generation.transcript import Piece
from conversations.models import Price, UpstreamCall
from conversations.services import takeovers
from tests.accounting.books import assert_books_agree
from tests.generation.test_recorder import asked, call, expire, outcome

OWNERS = ("one", "two", "three")
STEPS = ("ask", "checkpoint", "success", "stop", "failure", "kill", "late", "title", "again", "reprice")
ENDS: dict[str, tuple[Status, dict[str, Any]]] = {
    "success": (Status.COMPLETE, {"finish_reason": "stop"}),
    "stop": (Status.STOPPED, {"finish_reason": "stopped", "estimated": True}),
    "failure": (Status.FAILED, {"error_code": "stalled", "estimated": True}),
}
steps = st.lists(
    st.tuples(
        st.sampled_from(STEPS),
        st.integers(0, 3),
        st.integers(0, 5000),
        st.sampled_from(["deepseek-flash", "deepseek-v4-pro", "mystery"]),
    ),
    max_size=25,
)


class Site:
    """One person's answers, and what can befall them."""

    def __init__(self, user: User) -> None:
        self._user = user
        self._jobs: list[tuple[Job, str]] = []
        self._lost: list[tuple[Job, str]] = []
        self._calls: list[UpstreamCall] = []

    def do(self, step: str, which: int, tokens: int, model: str) -> None:
        if step == "ask" or not self._jobs:
            self._jobs.append((asked(self._user), "one"))
            return
        place = which % len(self._jobs)
        job, owner = self._jobs[place]
        if step == "checkpoint":
            piece = Piece(tokens + 1, "", f"text {tokens}")
            recorder.renew(owner, 5, {job.message_id: job.attempt}, [(job, piece)])
        elif step in ENDS:
            self._end(job, owner, step, tokens, model)
        elif step == "kill":
            self._take_over(place)
        elif step == "late" and self._lost:
            lost, former = self._lost[which % len(self._lost)]
            self._end(lost, former, "success", tokens, model)
        elif step == "title":
            ledger.record([call(job, purpose="title", generation_ref=None, output_tokens=tokens)])
        elif step == "again":
            ledger.record(self._calls)
        elif step == "reprice":
            self._reprice(tokens)

    def _take_over(self, place: int) -> None:
        job, owner = self._jobs[place]
        expire(job)
        heir = OWNERS[(OWNERS.index(owner) + 1) % len(OWNERS)]
        claimed = takeovers.claim(heir, 5, job.message_id, job.attempt, simulated=False)
        if claimed is None:
            return
        self._lost.append((job, owner))
        self._jobs[place] = claimed[0], heir
        if claimed[1] is not None:
            recorder.finish(heir, claimed[0], claimed[1])

    def _end(self, job: Job, owner: str, how: str, tokens: int, model: str) -> None:
        status, fields = ENDS[how]
        made = self._made(job, tokens, model, **fields)
        self._calls.append(made)
        recorder.finish(owner, job, replace(outcome("an answer", made), status=status))

    def _made(self, job: Job, tokens: int, model: str, **fields: Any) -> UpstreamCall:
        return call(
            job, id=uuid5(job.message_id, f"{job.attempt}:1"), output_tokens=tokens, model_asked=model, **fields
        )

    def _reprice(self, tokens: int) -> None:
        Price.objects.filter(model="deepseek-flash").update(output=Decimal(tokens) / 1000)
        tariff.forget()
        today = datetime.now(UTC).date()
        repricing.reprice(Period(since=today - timedelta(days=1), until=today))


@pytest.mark.django_db
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=steps)
def test_the_books_agree_whatever_happens(alice: User, steps: list[tuple[str, int, int, str]]) -> None:
    with transaction.atomic():
        tariff.forget()
        site = Site(alice)
        for step in steps:
            site.do(*step)
            assert_books_agree()
        transaction.set_rollback(True)
    tariff.forget()
