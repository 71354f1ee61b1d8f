"""A process that dies or pauses in the middle of an answer, and its heir."""

from __future__ import annotations

import asyncio
import dataclasses
from uuid import uuid4

from chatsite import database
from chatsite.accounts.models import User
from conversations.models import Checkpoint, Generation, Message, UpstreamCall
from conversations.services import answers
from conversations.simulator import Simulator
from tests.accounting.books import assert_books_agree
from tests.services.processes.installation import LEASE, Installation, Watcher, ask, counted, crash, expire, stored


async def test_a_dead_owners_answer_is_continued(process: Installation, alice: User, simulator: Simulator) -> None:
    owner = await process()
    before = Watcher()
    reply = await ask(owner, alice, "count to 150")
    await owner.follow(owner.channel, reply.answer_id, before, None)
    await before.until(100)
    await asyncio.sleep(0.15)
    await crash(owner)
    heir = await process()
    after = Watcher()
    heir.notices.subscribe(alice.pk, after)
    await heir.follow(heir.channel, reply.answer_id, after, None)
    finished = await after.end()
    assert (finished["status"], finished["attempt"]) == ("complete", 2)
    text = await stored(alice, reply)
    assert counted(text) == list(range(1, 151))
    assert text.startswith(before.text[:80])
    assert simulator.calls[-1].path.startswith("/beta") or simulator.calls[-2].path.startswith("/beta")
    lost = await UpstreamCall.objects.aget(generation_ref=reply.answer_id, attempt=1)
    assert (lost.estimated, lost.error_code) == (True, "interrupted")
    assert lost.output_tokens > 0
    # The figures of the answer are those of all its calls.
    generation = await Generation.objects.aget(pk=reply.answer_id)
    assert generation.estimated
    assert generation.completion_tokens is not None
    assert generation.completion_tokens > lost.output_tokens


async def test_after_two_takeovers_the_answer_ends_with_its_text(process: Installation, alice: User) -> None:
    alice.language = "de"
    await alice.asave()
    watcher = Watcher()
    reply = await ask(await process(), alice, "count to 900")
    for attempt in (1, 2, 3):
        async with asyncio.timeout(10):
            while not await Checkpoint.objects.filter(generation=reply.answer_id, attempt=attempt).aexists():
                await asyncio.sleep(0.02)
        for each in process.processes:
            await crash(each)
        await expire(reply.answer_id)
        (await process()).notices.subscribe(alice.pk, watcher)
        async with asyncio.timeout(10):
            while (generation := await Generation.objects.aget(pk=reply.answer_id)).attempt == attempt:
                await asyncio.sleep(0.02)
    async with asyncio.timeout(10):
        while (generation := await Generation.objects.aget(pk=reply.answer_id)).status == "running":
            await asyncio.sleep(0.02)
    assert (generation.status, generation.error_code) == ("interrupted", "interrupted")
    assert counted(await stored(alice, reply))
    # Nobody asked for this in a language: it is the person's.
    async with asyncio.timeout(10):
        while not any("Der Server wurde" in str(notice.frame) for notice in watcher.notices):
            await asyncio.sleep(0.02)


async def test_a_stop_that_nobody_heard_is_done_by_the_heir(process: Installation, alice: User) -> None:
    owner = await process()
    reply = await ask(owner, alice, "count to 900")
    await asyncio.sleep(0.4)
    await crash(owner)
    await database.run(answers.request_stop, alice.pk, reply.answer_id)
    await expire(reply.answer_id)
    heir = await process()
    watcher = Watcher()
    heir.notices.subscribe(alice.pk, watcher)
    async with asyncio.timeout(5):
        while (generation := await Generation.objects.aget(pk=reply.answer_id)).status == "running":
            await asyncio.sleep(0.05)
    assert generation.status == "stopped"
    assert counted(await stored(alice, reply))


async def test_a_paused_owner_writes_nothing_any_more(process: Installation, alice: User) -> None:
    owner = await process()
    reply = await ask(owner, alice, "count to 900")
    await asyncio.sleep(0.3)
    await Generation.objects.filter(pk=reply.answer_id).aupdate(owner="somebody else", attempt=2)
    async with asyncio.timeout(5):
        while owner.engine.running:
            await asyncio.sleep(0.05)
    generation = await Generation.objects.aget(pk=reply.answer_id)
    assert (generation.status, generation.owner) == ("running", "somebody else")
    assert (await Message.objects.aget(pk=reply.answer_id)).text == b""


async def test_an_upstream_that_is_silent_for_long_is_no_pause_of_the_process(
    process: Installation, alice: User
) -> None:
    async with Simulator(speed=500, first_token=LEASE) as slow:
        process.environment = dataclasses.replace(process.environment, deepseek_base_url=slow.base_url)
        owner = await process()
        watcher = Watcher()
        owner.notices.subscribe(alice.pk, watcher)
        reply = await ask(owner, alice, "count to 5")
        await owner.follow(owner.channel, reply.answer_id, watcher, (1, 0))
        await watcher.end()
    assert watcher.kinds[0] == "generation.delta"


async def test_a_continuation_is_taken_over_and_loses_nothing(
    process: Installation, alice: User, simulator: Simulator
) -> None:
    owner = await process()
    simulator.scenario = "length"
    watcher = Watcher()
    owner.notices.subscribe(alice.pk, watcher)
    reply = await ask(owner, alice, "count to 300")
    await watcher.end()
    before = await stored(alice, reply)
    simulator.scenario = "normal"
    continued = await database.run(
        answers.resume, user_id=alice.pk, command=uuid4(), owner=owner.channel, message_id=reply.answer_id
    )
    await owner.begin(alice.pk, continued)
    async with asyncio.timeout(10):
        while not await Checkpoint.objects.filter(generation=reply.answer_id, attempt=2).aexists():
            await asyncio.sleep(0.02)
    await crash(owner)
    await expire(reply.answer_id)
    heir = await process()
    second = Watcher()
    heir.notices.subscribe(alice.pk, second)
    assert (await second.end())["attempt"] == 3
    text = await stored(alice, reply)
    assert text.startswith(before)
    assert counted(text) == list(range(1, 301))
    calls = [call async for call in UpstreamCall.objects.filter(generation_ref=reply.answer_id)]
    assert sorted(call.attempt for call in calls) == [1, 2, 3]
    lost = next(call for call in calls if call.attempt == 2)
    assert lost.estimated
    assert 0 < lost.output_tokens < 700


async def test_a_title_that_the_end_of_its_process_cuts_off_is_in_the_ledger(
    process: Installation, alice: User, simulator: Simulator
) -> None:
    owner = await process()
    watcher = Watcher()
    owner.notices.subscribe(alice.pk, watcher)
    reply = await ask(owner, alice, "count to 60")
    await owner.follow(owner.channel, reply.answer_id, watcher, None)
    await watcher.until(5)
    simulator.first_token = 60
    await watcher.end()
    async with asyncio.timeout(10):
        while len(simulator.calls) < 2:
            await asyncio.sleep(0.01)

    await owner.close(0)

    calls = await database.run(lambda: {call.purpose: call for call in UpstreamCall.objects.all()})
    assert set(calls) == {"answer", "title"}
    assert not calls["answer"].estimated
    title = calls["title"]
    assert (title.finish_reason, title.estimated, title.cache_miss_tokens > 0) == ("stopped", True, True)
    await database.run(assert_books_agree)
