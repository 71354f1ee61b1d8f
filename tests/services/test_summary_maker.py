"""Summaries of answers that go on: nothing that was said is passed over."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio
from asgiref.sync import sync_to_async

from chatsite.accounts.models import User
from conversations.deepseek import DeepSeekClient, Secret
from conversations.models import Conversation, Generation, Summary, UpstreamCall
from conversations.services.models import prompt_budget
from conversations.services.summary_maker import SummaryMaker
from conversations.simulator import Simulator
from tests.pages.test_views import conversation_of
from tests.services.test_branches import answered, messages_of, summarize

pytestmark = pytest.mark.django_db(transaction=True)

_ROOM = prompt_budget("deepseek-flash", "off") - 10
"""Tokens that are asked for, so that as much as possible is summarized."""


@pytest_asyncio.fixture
async def maker() -> AsyncIterator[SummaryMaker]:
    async with (
        Simulator(speed=500, first_token=0) as simulator,
        DeepSeekClient(simulator.base_url, Secret("sk-tests")) as client,
    ):
        yield SummaryMaker(client=client, simulated=False, pseudonym_key="k")


@pytest.fixture
def conversation(alice: User) -> Conversation:
    """A question and an answer that ended early."""
    made = conversation_of(alice, messages=2)
    answered(alice, messages_of(made)[-1], status="interrupted")
    return made


async def rows_of(maker: SummaryMaker, conversation: Conversation, *, began: Any = None) -> list[dict[str, Any]]:
    """What comes of a summary; `began` is awaited when it is asked for."""
    found: list[dict[str, Any]] = []
    leaf = conversation.leaf_id
    assert leaf is not None
    async for row in maker.make(conversation.user_id, conversation.pk, leaf, "deepseek-flash", "off", _ROOM):
        if row is not None:
            found.append(row)
        elif began is not None:
            await began(leaf)
    return found


async def go_on(answer: UUID) -> None:
    await Generation.objects.filter(pk=answer).aupdate(attempt_started_at=datetime.now(UTC))


async def test_a_summary_of_an_answer_that_goes_on_meanwhile_is_not_used(
    maker: SummaryMaker, conversation: Conversation
) -> None:
    assert await rows_of(maker, conversation, began=go_on) == []
    assert not await Summary.objects.aexists()
    assert await UpstreamCall.objects.filter(purpose="summary").acount() == 1


async def test_the_next_summary_takes_the_place_of_one_whose_answer_went_on(
    maker: SummaryMaker, conversation: Conversation
) -> None:
    answer = (await sync_to_async(messages_of)(conversation))[-1]
    old = await sync_to_async(summarize)(conversation, answer)
    assert await rows_of(maker, conversation) == [], "everything is in a summary already"
    await go_on(answer.pk)
    (row,) = await rows_of(maker, conversation)
    assert row["message"] == str(answer.pk)
    assert [each.pk async for each in Summary.objects.all()] == [UUID(row["id"])] != [old.pk]
