"""Balance, 402 and recovery with a real account behind real sockets, mails and webhooks included."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import AsyncIterator
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
import pytest_asyncio

from chatsite import database
from chatsite.accounts.models import User
from conversations.models import Alert, BalanceMark, BalanceReading, Duty, ReviewCase
from conversations.services import duties, replies
from conversations.services.access import Refused
from conversations.services.process import ServerProcess
from conversations.simulator import Simulator
from conversations.simulator.account import Account
from tests.services.hook import Hook
from tests.services.test_upstreams import Page, ask

SHORT = timedelta(seconds=10)


@pytest_asyncio.fixture
async def simulator() -> AsyncIterator[Simulator]:
    async with Simulator(account=Account(Decimal("0.30"), per_million=Decimal(1000))) as simulator:
        yield simulator


@pytest_asyncio.fixture
async def hook() -> AsyncIterator[Hook]:
    async with Hook() as hook:
        yield hook


@pytest_asyncio.fixture
async def processes(
    simulator: Simulator, hook: Hook, settings: Any, transactional_db: None
) -> AsyncIterator[list[ServerProcess]]:
    """Two processes of one site."""
    settings.ENVIRONMENT = dataclasses.replace(
        settings.ENVIRONMENT,
        deepseek_base_url=simulator.base_url,
        deepseek_api_key="sk-tests",
        demo=False,
        fallback_upstreams=(),
        alert_webhook_url=hook.url,
    )
    started = [ServerProcess(settings.ENVIRONMENT, channel=f"alone.{uuid4().hex}", layer=None) for _ in range(2)]
    for each in started:
        each.start()
    async with asyncio.timeout(10):
        while await database.run(Duty.objects.count) < 4:
            await asyncio.sleep(0.02)
    yield started
    for each in started:
        await each.close(0)


async def poll_now(simulator: Simulator) -> None:
    """Let the balance be due, and wait until somebody has asked for it."""
    before = asked(simulator)
    await database.run(duties.again, "balance", timedelta())
    async with asyncio.timeout(15):
        while asked(simulator) == before:
            await asyncio.sleep(0.05)


def asked(simulator: Simulator) -> int:
    return sum(call.path == "/user/balance" for call in simulator.calls)


async def answer(process: ServerProcess, user: User) -> dict[str, Any]:
    page = Page()
    await ask(process, user, "Hello", page)
    return await page.until("generation.finished")


async def refused(process: ServerProcess, user: User) -> str:
    """The code with which a question is refused, once it is."""
    try:
        page = Page()
        await ask(process, user, "Hello", page)
        await page.until("generation.finished")
    except Refused as error:
        return error.code
    return ""


async def test_the_balance_is_used_up_is_topped_up_and_everybody_hears_of_it(
    processes: list[ServerProcess], simulator: Simulator, hook: Hook, alice: User, bob: User
) -> None:
    here, there = processes
    await database.run(BalanceMark.objects.all().delete)
    await database.run(BalanceMark.objects.create, currency="USD", amount=Decimal("0.25"))
    assert simulator.account is not None
    while (ended := await answer(here, alice))["status"] == "complete":
        pass

    assert ended["error"]["code"] == "balance_exhausted"
    assert ended["error"]["message"].startswith(
        "The organization's DeepSeek balance is used up. Your administrators have been told. Your message is kept."
    )
    async with asyncio.timeout(10):
        while await refused(here, alice) != "balance_exhausted":
            await asyncio.sleep(0.05)
        while await refused(there, bob) != "balance_exhausted":
            await asyncio.sleep(0.5)
    calls = len([call for call in simulator.calls if call.path.endswith("/chat/completions")])
    assert await refused(there, bob) == "balance_exhausted"
    assert len([call for call in simulator.calls if call.path.endswith("/chat/completions")]) == calls
    # Asked for at once after the 402, without waiting for its turn.
    async with asyncio.timeout(10):
        while not asked(simulator):
            await asyncio.sleep(0.05)
    assert sorted(await hook.until(2)) == [("balance_exhausted", "raised"), ("balance_low", "raised")]

    simulator.account.top_up(Decimal(5))
    await poll_now(simulator)
    news = await hook.until(4)
    assert sorted(news[2:]) == [("balance_exhausted", "recovered"), ("balance_low", "recovered")]
    async with asyncio.timeout(10):
        while await refused(there, bob):
            await asyncio.sleep(0.5)
    assert (await answer(here, alice))["status"] == "complete"
    await asyncio.sleep(0.2)
    assert len(hook.got) == 4


async def test_one_process_polls(processes: list[ServerProcess], simulator: Simulator) -> None:
    await poll_now(simulator)
    await asyncio.sleep(6)

    assert asked(simulator) == 1
    assert await database.run(BalanceReading.objects.count) == 1


async def test_a_filtered_answer_is_in_the_queue_at_once(
    processes: list[ServerProcess], simulator: Simulator, alice: User
) -> None:
    simulator.scenario = "content-filter-late"
    await answer(processes[0], alice)

    async with asyncio.timeout(4):
        while not await database.run(ReviewCase.objects.exists):
            await asyncio.sleep(0.05)
    case = await database.run(ReviewCase.objects.get)
    assert (case.end, case.user_ref) == ("content_filter", alice.pk)
    assert not await database.run(Alert.objects.exists)


async def test_an_upstream_without_a_balance_is_no_failure(
    processes: list[ServerProcess], simulator: Simulator, caplog: pytest.LogCaptureFixture
) -> None:
    simulator.scenario = "not-found"
    await poll_now(simulator)
    await asyncio.sleep(0.3)

    assert not await database.run(BalanceReading.objects.exists)
    assert "balance" not in caplog.text


async def test_a_question_that_is_refused_leaves_nothing_behind(
    processes: list[ServerProcess], simulator: Simulator, alice: User
) -> None:
    await database.run(
        Alert.objects.create, kind="balance_exhausted", key="deepseek", facts={}, raised_at="2026-01-01T00:00Z"
    )
    with pytest.raises(Refused):
        await database.run(
            replies.send,
            user_id=alice.pk,
            command=uuid4(),
            owner="",
            conversation_id=None,
            parent_id=None,
            text="Hello",
            model="deepseek-flash",
            thinking="off",
        )
    assert not await database.run(alice.conversations.exists)
