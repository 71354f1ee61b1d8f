"""Budgets and policies on the whole way of a message, and a thousand answers against one budget."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.db import connection
from django.db.models import F, Sum

from chatsite.accounts.models import User
from conversations.accounting.budget_rules import units
from conversations.generation.options import Options
from conversations.history.keyring import keyring
from conversations.models import Budget, BudgetUse, Conversation, Generation, Policy, Reservation, UsageDay
from conversations.services import policy
from conversations.services.access import Refused
from conversations.services.process import ServerProcess
from conversations.simulator import Simulator
from tests import cast
from tests.asking import written
from tests.realtime.conftest import SocketOf
from tests.services.spending import budget

PATIENCE = 120.0


async def until(condition: Callable[[], bool]) -> None:
    """Wait for something in the database."""
    async with asyncio.timeout(PATIENCE):
        while not await sync_to_async(condition)():
            await asyncio.sleep(0.05)


async def test_a_refused_message_is_stored_nowhere_and_says_why(tab: SocketOf, alice: User) -> None:
    await sync_to_async(budget)(hard=0)
    page = await tab(alice)
    command = await page.send("Hello")
    error = await page.frame("error", id=command)
    assert error["code"] == "budget_used_up"
    assert error["retry_after"] is None
    assert "text was kept" in error["message"]
    assert not await Conversation.objects.aexists()
    await Budget.objects.aupdate(hard=10**6)
    ack = await page.ask("Hello")
    assert (await page.finished(ack["answer"]))["status"] == "complete"


async def test_an_answer_ends_where_its_budget_does(tab: SocketOf, alice: User, simulator: Simulator) -> None:
    made = await sync_to_async(budget)(hard=1_300)
    page = await tab(alice)
    ack = await page.ask("Count to 5000")
    finished = await page.finished(ack["answer"])
    assert finished["finish_reason"] in ("stop", "length")
    sent = simulator.calls[0].body["max_tokens"]
    assert 1_024 <= sent < 1_300
    await until(lambda: not Reservation.objects.exists())
    use = await made.uses.aget()
    assert (use.spent <= 1_300, use.reserved) == (True, 0)


async def test_a_title_waits_for_a_budget_and_takes_its_part(tab: SocketOf, alice: User) -> None:
    made = await sync_to_async(budget)()
    page = await tab(alice)
    ack = await page.ask("Hello")
    await page.finished(ack["answer"])
    await until(lambda: UsageDay.objects.aggregate(calls=Sum("calls"))["calls"] == 2)
    await until(lambda: not Reservation.objects.exists())
    day = await UsageDay.objects.aget()
    assert (await made.uses.aget()).spent == day.cache_hit_tokens + day.cache_miss_tokens + day.output_tokens


async def test_no_budget_no_title(tab: SocketOf, alice: User, simulator: Simulator) -> None:
    await sync_to_async(budget)(hard=1_100)
    page = await tab(alice)
    ack = await page.ask("Count to 5000")
    await page.finished(ack["answer"])
    await asyncio.sleep(0.3)
    assert len(simulator.calls) == 1


async def test_the_sites_instructions_go_along(tab: SocketOf, alice: User, simulator: Simulator) -> None:
    def write() -> None:
        row = Policy(longest_output=300)
        row.seal(keyring().organization(), instructions="Be brief.")
        row.save()
        policy.forget()

    await sync_to_async(write)()
    page = await tab(alice)
    ack = await page.ask("Hello", instructions="In German.")
    await page.finished(ack["answer"])
    body = simulator.calls[0].body
    assert body["messages"][0] == {"role": "system", "content": "Be brief.\n\nIn German."}
    assert body["max_tokens"] == 300


# --- many at once -----------------------------------------------------------------------------------------------------


def people(number: int) -> list[User]:
    return [cast.person(f"person{each}") for each in range(number)]


async def ask_all(server: ServerProcess, asking: list[User], *, most: int) -> tuple[int, list[str]]:
    """Ask a question for each at the same time; return how many were begun, and the codes of the refusals."""

    async def ask(user: User) -> str:
        try:
            reply = await written(server, user, "Tell me something long", options=Options(max_tokens=most))
        except Refused as refused:
            return refused.code
        await server.begin(user.pk, reply)
        return ""

    codes = await asyncio.gather(*map(ask, asking))
    return codes.count(""), [code for code in codes if code]


async def all_ended() -> None:
    await until(lambda: not Generation.objects.filter(status__in=Generation.UNFINISHED).exists())
    await until(lambda: not Reservation.objects.exists())


def totals() -> dict[str, Any]:
    tokens = F("cache_hit_tokens") + F("cache_miss_tokens") + F("output_tokens")
    return UsageDay.objects.aggregate(tokens=Sum(tokens), cost=Sum("cost"))


_ON_POSTGRESQL = pytest.mark.skipif(connection.vendor != "postgresql", reason="a thousand at once are for PostgreSQL")


@pytest.mark.parametrize("number", [60, pytest.param(1000, marks=_ON_POSTGRESQL)])
async def test_answers_at_once_end_within_a_hard_budget(
    server: ServerProcess, simulator: Simulator, number: int
) -> None:
    # Room for about half of them at once, by what each may use at most; all in all for most of them.
    dollars = await sync_to_async(budget)(measure="money", currency="USD", hard=number * 90_000)
    tokens = await sync_to_async(budget)(hard=number * 130)
    asking = await sync_to_async(people)(20)
    begun, refusals = await ask_all(server, [asking[each % 20] for each in range(number)], most=200)
    assert 0 < begun < number
    assert set(refusals) == {"budget_used_up"}
    await all_ended()
    # What was left over is used up by a second crowd.
    await ask_all(server, [asking[each % 20] for each in range(number)], most=200)
    await all_ended()
    found = await sync_to_async(totals)()
    assert tokens.hard is not None
    assert dollars.hard is not None
    assert 0 < found["tokens"] <= tokens.hard
    assert units(found["cost"]) <= dollars.hard
    uses = {use.budget_id: use async for use in BudgetUse.objects.all()}
    assert uses[tokens.pk].spent == found["tokens"]
    assert uses[dollars.pk].spent == units(found["cost"])
    assert {use.reserved for use in uses.values()} == {0}
    assert found["tokens"] > tokens.hard * 0.6


async def test_fifty_questions_at_once_of_which_a_few_are_allowed(server: ServerProcess, simulator: Simulator) -> None:
    await sync_to_async(budget)(measure="running", period="", hard=3, each=True)
    alice = (await sync_to_async(people)(1))[0]
    begun, refusals = await ask_all(server, [alice] * 50, most=50)
    assert begun >= 3
    assert set(refusals) == {"budget_running"}
    assert server.engine.running <= 3
    await all_ended()
