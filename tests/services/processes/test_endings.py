"""The end of an answer, and the end of a process."""

from __future__ import annotations

import asyncio
import dataclasses
from typing import Any

import pytest

from chatsite import database
from chatsite.accounts.models import User
from conversations.generation import recorder
from conversations.models import Checkpoint, Generation
from conversations.services import answers, listener, takeovers, tally
from conversations.services import process as process_module
from conversations.simulator import Simulator
from tests.asking import written
from tests.services.processes.installation import HangingLayer, Installation, Watcher, ask, crash, ended


async def test_checkpoints_go_on_after_one_that_failed(
    process: Installation, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    failures, renew = [KeyError(), KeyError()], recorder.renew

    def failing(*what: Any) -> Any:
        if failures:
            raise failures.pop()
        return renew(*what)

    monkeypatch.setattr(recorder, "renew", failing)
    reply = await ask(await process(), alice, "count to 900")
    async with asyncio.timeout(5):
        while not await Checkpoint.objects.filter(generation=reply.answer_id, attempt=1).aexists():
            await asyncio.sleep(0.02)


async def test_a_stop_is_heard_while_the_process_ends(process: Installation, alice: User) -> None:
    owner = await process()
    reply = await ask(owner, alice, "count to 900")
    ending = asyncio.create_task(owner.close(20))
    await asyncio.sleep(0.2)
    await database.run(answers.request_stop, alice.pk, reply.answer_id)
    async with asyncio.timeout(5):
        await ending
    generation = await Generation.objects.aget(pk=reply.answer_id)
    assert generation.status == "stopped"


async def test_what_is_committed_when_the_process_is_over_is_there_for_others_at_once(
    process: Installation, alice: User, simulator: Simulator
) -> None:
    owner = await process()
    await owner.engine.drain(0)
    reply = await ask(owner, alice, "count to 5")
    assert owner.engine.running == 0
    assert await database.run(takeovers.expired) == []
    await owner.close(0)
    assert await database.run(takeovers.expired) == [(reply.answer_id, 1)]
    assert simulator.calls == []


async def test_an_end_that_dies_with_its_process_is_asked_for(
    process: Installation, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listener, "_HEARTBEAT", 0.1)
    monkeypatch.setattr(tally, "_SILENT", 1.0)
    process.layer = layer = HangingLayer(capacity=1000)
    owner, other = await process(), await process()
    watcher = Watcher()
    other.notices.subscribe(alice.pk, watcher)
    await asyncio.sleep(0.3)
    reply = await ask(owner, alice, "count to 5")
    layer.hangs = owner.channel
    await ended(reply)
    assert not watcher.finished.is_set()
    await crash(owner)
    async with asyncio.timeout(10):
        while not any(notice.stale for notice in watcher.notices):
            await asyncio.sleep(0.02)


async def test_who_ends_in_order_is_not_missed(
    process: Installation, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listener, "_HEARTBEAT", 0.1)
    monkeypatch.setattr(tally, "_SILENT", 0.5)
    owner, other = await process(), await process()
    watcher = Watcher()
    other.notices.subscribe(alice.pk, watcher)
    await asyncio.sleep(0.3)
    await owner.close(0)
    await asyncio.sleep(2)
    assert watcher.notices == []


async def test_an_end_that_is_written_when_time_is_up_is_announced(process: Installation, alice: User) -> None:
    process.layer = layer = HangingLayer(capacity=1000)
    owner, other = await process(), await process()
    watcher = Watcher()
    other.notices.subscribe(alice.pk, watcher)
    reply = await ask(owner, alice, "count to 5")
    layer.hangs, layer.seconds = owner.channel, 0.2
    await ended(reply)
    await owner.close(0)
    assert (await watcher.end())["message"] == str(reply.answer_id)


async def test_a_part_that_fails_begins_again(
    process: Installation, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(process_module, "_RESTART_PAUSE", 0.05)
    failures = [KeyError(), KeyError()]
    swept = asyncio.Event()

    def expired() -> list[Any]:
        if failures:
            raise failures.pop()
        swept.set()
        return []

    monkeypatch.setattr(takeovers, "expired", lambda: expired())
    await process()
    await asyncio.wait_for(swept.wait(), 5)
    assert caplog.text.count("sweep failed by a fault of the server") == 2


async def test_a_request_that_the_client_refuses_fails_in_words(
    process: Installation, alice: User, settings: Any
) -> None:
    owner = await process()
    watcher = Watcher()
    owner.notices.subscribe(alice.pk, watcher)
    reply = await written(owner, alice, "Hello")
    assert reply.job is not None
    broken = dataclasses.replace(reply.job, turns=())
    await owner.begin(alice.pk, dataclasses.replace(reply, job=broken))
    finished = await watcher.end()
    assert finished["status"] == "failed"
    assert finished["error"]["message"]
