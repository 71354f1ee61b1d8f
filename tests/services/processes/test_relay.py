"""Frames, notices and stops between processes."""

from __future__ import annotations

import asyncio
import gc
import weakref
from typing import Any
from uuid import uuid4

from django.conf import settings as django_settings

from chatsite.accounts.models import User
from conversations.services.notices import Notice
from conversations.services.process import ServerProcess
from conversations.simulator import Simulator
from tests.services.processes.installation import FailingLayer, Installation, Watcher, ask, counted, stored


async def test_frames_reach_a_reader_in_another_process(process: Installation, alice: User) -> None:
    owner, other = await process(), await process()
    watcher = Watcher()
    other.notices.subscribe(alice.pk, watcher)
    reply = await ask(owner, alice, "count to 60")
    await asyncio.sleep(0.1)
    await other.follow(owner.channel, reply.answer_id, watcher, None)
    finished = await watcher.end()
    assert finished["status"] == "complete"
    assert watcher.position == (1, finished["seq"])
    assert watcher.text == await stored(alice, reply)
    assert counted(watcher.text) == list(range(1, 61))


async def test_notices_reach_other_processes_once_and_strangers_never(
    process: Installation, alice: User, bob: User
) -> None:
    first, second = await process(), await process()
    here, there, stranger = Watcher(), Watcher(), Watcher()
    first.notices.subscribe(alice.pk, here)
    second.notices.subscribe(alice.pk, there)
    second.notices.subscribe(bob.pk, stranger)
    await first.notices.publish(alice.pk, Notice({"type": "conversation.deleted", "conversation": "c"}))
    await asyncio.sleep(0.05)
    assert len(here.notices) == len(there.notices) == 1
    assert stranger.notices == []
    second.notices.unsubscribe(alice.pk, there)
    await first.notices.publish(alice.pk, Notice({"type": "conversation.deleted", "conversation": "c"}))
    await asyncio.sleep(0.05)
    assert (len(here.notices), len(there.notices)) == (2, 1)


async def test_stop_works_from_another_process(process: Installation, alice: User, simulator: Simulator) -> None:
    owner, other = await process(), await process()
    watcher = Watcher()
    other.notices.subscribe(alice.pk, watcher)
    reply = await ask(owner, alice, "count to 900")
    await other.follow(owner.channel, reply.answer_id, watcher, None)
    await watcher.until(40)
    await other.stop(alice.pk, reply.answer_id)
    async with asyncio.timeout(1):
        finished = await watcher.end()
        await simulator.idle()
    assert finished["status"] == "stopped"
    assert watcher.text == await stored(alice, reply)


async def test_who_left_gets_no_more_frames(process: Installation, alice: User) -> None:
    owner, other = await process(), await process()
    watcher = Watcher()
    reply = await ask(owner, alice, "count to 900")
    await other.follow(owner.channel, reply.answer_id, watcher, None)
    await watcher.until(20)
    other.leave(reply.answer_id, watcher)
    shown = watcher.text
    await asyncio.sleep(0.2)
    assert watcher.text == shown


async def test_a_deleted_answer_leaves_nothing_in_the_relay(process: Installation, alice: User) -> None:
    owner, other = await process(), await process()
    watcher = Watcher()
    reply = await ask(owner, alice, "count to 900")
    await other.follow(owner.channel, reply.answer_id, watcher, None)
    await watcher.until(20)
    assert owner.relay is not None
    assert other.relay is not None
    assert len(owner.relay._remotes) == 1
    await other.delete(alice.pk, reply.conversation_id)
    async with asyncio.timeout(5):
        while owner.engine.running or len(owner.relay._remotes):
            # What follows the end still holds the run for a moment.
            gc.collect()
            await asyncio.sleep(0.02)
    other.leave(reply.answer_id, watcher)
    gone = weakref.ref(watcher)
    del watcher
    gc.collect()
    assert gone() is None
    assert other.relay._followed == {}


async def test_what_a_crowd_asks_for_travels_together(process: Installation, alice: User) -> None:
    owner, other = await process(), await process()
    asked = await asyncio.gather(*(ask(owner, alice, "count to 900") for _ in range(10)))
    sent: list[str] = []
    send = process.layer.send

    async def counting_send(channel: str, message: dict[str, Any]) -> None:
        sent.append(message["type"])
        await asyncio.sleep(0.05)  # as a layer that is far away
        await send(channel, message)

    process.layer.send = counting_send  # type: ignore[method-assign]
    watchers = [Watcher() for _ in asked]
    for reply, watcher in zip(asked, watchers, strict=True):
        asyncio.get_running_loop().create_task(other.follow(owner.channel, reply.answer_id, watcher, None))
        await asyncio.sleep(0.01)
    for watcher in watchers:
        await watcher.until(20)
    assert sent.count("relay.follow") < len(asked) / 2


async def test_who_gives_up_asking_takes_no_others_request_with_it(process: Installation, alice: User) -> None:
    owner, other = await process(), await process()
    first, second = await ask(owner, alice, "count to 900"), await ask(owner, alice, "count to 900")
    watcher = Watcher()
    given_up = asyncio.ensure_future(other.follow(owner.channel, first.answer_id, Watcher(), None))
    kept = asyncio.ensure_future(other.follow(owner.channel, second.answer_id, watcher, None))
    await asyncio.sleep(0)
    given_up.cancel()
    await kept
    await watcher.until(20)


async def test_who_asks_for_an_ended_answer_is_not_kept(process: Installation) -> None:
    owner, other = await process(), await process()
    await other.follow(owner.channel, uuid4(), Watcher(), None)
    await asyncio.sleep(0.05)
    gc.collect()
    assert owner.relay is not None
    assert len(owner.relay._remotes) == 0


async def test_a_run_that_belongs_to_another_process_by_now_is_not_shown(process: Installation, alice: User) -> None:
    paused, heir = await process(), await process()
    reply = await ask(paused, alice, "count to 900")
    watcher = Watcher()
    await paused.follow(heir.channel, reply.answer_id, watcher, None)
    await asyncio.sleep(0.2)
    assert watcher.position == (1, 0)
    await paused.follow(paused.channel, reply.answer_id, watcher, None)
    await watcher.until(20)


async def test_without_the_channel_layer_answers_still_end(
    alice: User, simulator: Simulator, process: Installation
) -> None:
    layer = FailingLayer()
    alone = ServerProcess(django_settings.ENVIRONMENT, channel="process.alone", layer=layer)
    alone.start()
    watcher = Watcher()
    alone.notices.subscribe(alice.pk, watcher)
    reply = await ask(alone, alice, "count to 20")
    await alone.follow(alone.channel, reply.answer_id, watcher, None)
    await alone.follow("process.other", uuid4(), Watcher(), None)
    finished = await watcher.end()
    assert finished["status"] == "complete"
    assert counted(await stored(alice, reply)) == list(range(1, 21))
    await alone.close(1)
