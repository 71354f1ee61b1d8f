"""Titles and summaries are in the ledger whatever becomes of them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from chatsite import database
from chatsite.accounts.models import User
from conversations.deepseek import ChatMessage, ChatRequest, DeepSeekClient, RetryPolicy, Secret, UpstreamError
from conversations.models import UpstreamCall, UsageDay
from conversations.services.side_calls import SideCall
from conversations.simulator import Simulator

pytestmark = pytest.mark.django_db(transaction=True)


@pytest_asyncio.fixture
async def simulator() -> AsyncIterator[Simulator]:
    async with Simulator(speed=500, first_token=0) as simulator:
        yield simulator


def side_call(client: DeepSeekClient, user: User, question: str) -> SideCall:
    request = ChatRequest(model="deepseek-flash", messages=[ChatMessage("user", question)], thinking="off")
    return SideCall(
        client=client, request=request, user_id=user.pk, purpose=UpstreamCall.Purpose.TITLE, simulated=False
    )


async def stored() -> list[UpstreamCall]:
    return await database.run(lambda: list(UpstreamCall.objects.all()))


async def test_an_answer_comes_with_rows_that_are_not_stored_yet(simulator: Simulator, alice: User) -> None:
    async with DeepSeekClient(simulator.base_url, Secret("sk-tests")) as client:
        completion, rows = await side_call(client, alice, "count to 5").make()

    assert completion.text
    assert [(row.purpose, row.estimated, row.output_tokens > 0) for row in rows] == [("title", False, True)]
    assert rows[0].queued_at is not None
    assert rows[0].queued_at <= rows[0].started_at
    assert await stored() == []


async def test_a_call_that_is_cut_by_a_shutdown_is_in_the_ledger(simulator: Simulator, alice: User) -> None:
    simulator.first_token = 30
    async with DeepSeekClient(simulator.base_url, Secret("sk-tests")) as client:
        task = asyncio.create_task(side_call(client, alice, "count to 500").make())
        async with asyncio.timeout(10):
            while not simulator.calls:
                await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    (row,) = await stored()
    assert (row.purpose, row.finish_reason, row.estimated) == ("title", "stopped", True)
    assert (row.cache_miss_tokens > 0, row.output_tokens) == (True, 0)
    day = await database.run(UsageDay.objects.get)
    assert (day.calls, day.estimated_calls, day.cache_miss_tokens) == (1, 1, row.cache_miss_tokens)


async def test_a_call_is_in_the_ledger_however_impatient_the_shutdown(simulator: Simulator, alice: User) -> None:
    simulator.first_token = 30
    async with DeepSeekClient(simulator.base_url, Secret("sk-tests")) as client:
        task = asyncio.create_task(side_call(client, alice, "count to 500").make())
        async with asyncio.timeout(10):
            while not simulator.calls:
                await asyncio.sleep(0.01)
        busy = [asyncio.create_task(database.run(time.sleep, 0.3)) for _ in range(database.load().threads)]
        await asyncio.sleep(0.05)
        for _ in range(2):
            task.cancel()
            await asyncio.sleep(0.05)
        with pytest.raises(asyncio.CancelledError):
            await task
        await asyncio.gather(*busy)
        await database.settle()

    assert len(await stored()) == 1


async def test_a_call_that_was_never_sent_leaves_no_row(alice: User) -> None:
    async with DeepSeekClient("http://127.0.0.1:1", Secret("sk-tests"), retry=RetryPolicy()) as client:
        with pytest.raises(UpstreamError):
            await side_call(client, alice, "Hello").make()

    assert await stored() == []
