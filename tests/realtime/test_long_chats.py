"""Long conversations, against the simulator over TCP: summaries, the upstream's cache, and what does not fit."""

from __future__ import annotations

import dataclasses
import itertools
import json
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import pytest_asyncio

from chatsite import database
from chatsite.accounts.models import User
from conversations.history.keyring import keyring
from conversations.models import Conversation, Generation, Message, Summary, UpstreamCall
from conversations.services import opening, process, summaries
from conversations.services.process import ServerProcess
from conversations.simulator import Simulator
from tests.pages.test_views import conversation_of
from tests.realtime.conftest import SocketOf
from tests.realtime.tab import Tab

BUDGET = 1500


@pytest_asyncio.fixture
async def simulator() -> AsyncIterator[Simulator]:
    async with Simulator(speed=4000, recording=True) as simulator:
        yield simulator


@pytest_asyncio.fixture
async def small(simulator: Simulator, settings: Any, server: ServerProcess) -> ServerProcess:
    settings.ENVIRONMENT = dataclasses.replace(settings.ENVIRONMENT, context_budget=BUDGET)
    return server


async def exchange(page: Tab, text: str, before: dict[str, Any] | None = None) -> dict[str, Any]:
    where = {"conversation": before["conversation"], "parent": before["answer"]} if before else {}
    ack = await page.ask(text, **where)
    await page.finished(ack["answer"])
    return ack


def sent(simulator: Simulator) -> list[list[dict[str, Any]]]:
    """The messages of each answer's request."""
    bodies = [call.body for call in simulator.calls]
    return [body["messages"] for body in bodies if isinstance(body, dict) and body.get("stream")]


async def long_chat(page: Tab, exchanges: int) -> dict[str, Any]:
    ack: dict[str, Any] | None = None
    for number in range(exchanges):
        ack = await exchange(page, f"Question {number}: write 120 words", ack)
        if await high(ack):
            await page.frame("summary.ended")
    assert ack is not None
    return ack


async def high(ack: dict[str, Any]) -> bool:
    generation = await Generation.objects.aget(pk=ack["answer"])
    return (generation.prompt_tokens or 0) + (generation.completion_tokens or 0) > BUDGET * 0.75


async def test_older_messages_become_a_summary_and_the_prefix_stays(
    tab: SocketOf, alice: User, small: ServerProcess, simulator: Simulator
) -> None:
    page = await tab(alice)
    last = await long_chat(page, 20)
    calls = [call async for call in UpstreamCall.objects.filter(purpose="summary")]
    assert len(calls) >= 2
    assert all(call.cost is not None and call.user_ref == alice.pk for call in calls)
    assert all(call.cache_hit_tokens > call.cache_miss_tokens for call in calls), "the prompt's prefix was cached"
    prompts = sent(simulator)
    steps = sum(before != after[: len(before)] for before, after in itertools.pairwise(prompts))
    assert steps == len(calls)
    answers = Generation.objects.filter(user=alice)
    assert max([each.prompt_tokens or 0 async for each in answers]) <= BUDGET
    rows = await database.run(summaries.summary_rows, alice.pk, UUID(last["conversation"]))
    assert [row["author"] for row in rows] == ["model"] * len(calls)
    assert "Question 0" in rows[-1]["text"]
    assert rows[-1]["text"] in json.dumps(prompts[-1], ensure_ascii=False).replace("\\n", "\n")
    read = await database.run(opening.read, alice.pk, UUID(last["conversation"]))
    assert len(read["messages"]) == 40, "the originals stay"
    assert read["summaries"] == rows


async def test_pages_hear_of_a_summary(tab: SocketOf, alice: User, small: ServerProcess) -> None:
    page = await tab(alice)
    await long_chat(page, 8)
    types = [frame["type"] for frame in page.frames if frame["type"].startswith("summary")]
    assert types[:3] == ["summary.begun", "summary.changed", "summary.ended"]
    assert page.seen("summary.ended")[0]["error"] is None


async def test_what_the_person_wrote_goes_out_and_is_built_upon(
    tab: SocketOf, alice: User, small: ServerProcess, simulator: Simulator
) -> None:
    page = await tab(alice)
    last = await long_chat(page, 8)
    conversation = UUID(last["conversation"])
    row = (await database.run(summaries.summary_rows, alice.pk, conversation))[-1]
    await database.run(
        summaries.rewrite, alice.pk, conversation, UUID(row["id"]), text="- my own words", version=row["version"]
    )
    last = await exchange(page, "And now? Be brief", last)
    assert "- my own words" in json.dumps(sent(simulator)[-1])
    for number in range(8):
        last = await exchange(page, f"More {number}: write 120 words", last)
        if await high(last):
            await page.frame("summary.ended")
    rows = await database.run(summaries.summary_rows, alice.pk, conversation)
    assert [each["text"] for each in rows if each["id"] == row["id"]] == ["- my own words"]
    assert "- my own words" in rows[-1]["text"], "the simulator takes over the points of an earlier summary"


async def test_a_message_that_does_not_fit_is_refused_before_anything_is_stored(
    tab: SocketOf, alice: User, small: ServerProcess, simulator: Simulator
) -> None:
    page = await tab(alice)
    command = await page.send("x" * 8000)
    error = await page.frame("error", id=command)
    assert error["code"] == "message_too_large"
    assert "text was kept" in error["message"]
    assert simulator.calls == []
    assert not await Generation.objects.aexists()


async def test_room_is_made_for_a_message_that_would_fit_without_the_older_ones(
    tab: SocketOf, alice: User, small: ServerProcess
) -> None:
    page = await tab(alice)
    last = None
    for number in range(3):
        last = await exchange(page, f"Question {number}: write 180 words", last)
    assert last is not None
    where = {"conversation": last["conversation"], "parent": last["answer"]}
    long = "y" * 2700
    error = await page.frame("error", id=await page.send(long, **where))
    assert error["code"] == "context_full"
    conversation, leaf = UUID(last["conversation"]), UUID(last["answer"])
    assert process.summarize(alice.pk, conversation, leaf, model="deepseek-flash", thinking="off", room=830)
    assert (await page.frame("summary.ended"))["error"] is None
    await page.finished((await page.ask(long, **where))["answer"])


async def test_a_conversation_that_came_from_elsewhere_is_summarized_in_parts(
    tab: SocketOf, alice: User, small: ServerProcess, simulator: Simulator
) -> None:
    conversation = await database.run(conversation_of, alice, messages=60)
    leaf = await database.run(lengthen, alice, conversation)
    page = await tab(alice)
    where = {"conversation": str(conversation.pk), "parent": str(leaf)}
    await page.say("conversation.open", conversation=str(conversation.pk))
    error = await page.frame("error", id=await page.send("And now? Be brief", **where))
    assert error["code"] == "context_full"
    assert process.summarize(alice.pk, conversation.pk, leaf, model="deepseek-flash", thinking="off", room=50)
    assert (await page.frame("summary.ended"))["error"] is None
    calls = [call async for call in UpstreamCall.objects.filter(purpose="summary")]
    assert len(calls) > 2
    assert max(call.cache_hit_tokens + call.cache_miss_tokens for call in calls) <= BUDGET
    await page.finished((await page.ask("And now? Be brief", **where))["answer"])


async def test_what_is_asked_for_twice_is_paid_once(
    tab: SocketOf, alice: User, small: ServerProcess, simulator: Simulator
) -> None:
    conversation = await database.run(conversation_of, alice, messages=20)
    leaf = await database.run(lengthen, alice, conversation)
    page = await tab(alice)
    await page.say("conversation.open", conversation=str(conversation.pk))
    for _ in range(3):
        assert process.summarize(alice.pk, conversation.pk, leaf, model="deepseek-flash", thinking="off", room=50)
    for _ in range(3):
        assert (await page.frame("summary.ended"))["error"] is None
    calls = await UpstreamCall.objects.filter(purpose="summary").acount()
    assert 0 < calls == await Summary.objects.acount()


def lengthen(user: User, conversation: Conversation) -> UUID:
    """Make every message about a hundred tokens long. Returns the last one's id."""
    cipher = keyring().user(user.pk)
    for message in Message.objects.filter(conversation=conversation):
        message.seal(cipher, text=f"{message.unseal(cipher, 'text')} " + "long " * 65)
        message.save()
    assert conversation.leaf_id
    return conversation.leaf_id


async def test_a_summary_that_fails_costs_nothing_but_itself(
    tab: SocketOf, alice: User, small: ServerProcess, simulator: Simulator
) -> None:
    page = await tab(alice)
    last = await exchange(page, "write 100 words")
    conversation, leaf = UUID(last["conversation"]), UUID(last["answer"])
    simulator.scenario = "no-balance"
    assert process.summarize(alice.pk, conversation, leaf, model="deepseek-flash", thinking="off", room=1400)
    assert "balance" in (await page.frame("summary.ended"))["error"]
    assert not await Summary.objects.aexists()
    assert await UpstreamCall.objects.filter(purpose="summary", error_code="balance_exhausted").acount() == 1
