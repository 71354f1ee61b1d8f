"""Several processes on one database and one channel layer: relay, notices, stop, takeover."""

from __future__ import annotations

import asyncio
import dataclasses
import gc
import json
import weakref
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
import pytest_asyncio
from channels.layers import InMemoryChannelLayer
from django.conf import settings as django_settings

from chatsite import database
from chatsite.accounts.models import User
from chatsite.environment import Environment
from conversations.generation import recorder
from conversations.models import Checkpoint, Generation, Message, UpstreamCall
from conversations.services import answers, listener, opening, replies, takeovers, tally
from conversations.services import process as process_module
from conversations.services.listener import PROCESSES
from conversations.services.notices import Notice
from conversations.services.process import ServerProcess
from conversations.services.replies import Reply
from conversations.simulator import Simulator
from tests.accounting.books import assert_books_agree
from tests.shown import Shown

LEASE = 1.0


class Installation:
    """Processes on one database and one channel layer."""

    def __init__(self, environment: Environment) -> None:
        self.environment = environment
        self.layer = InMemoryChannelLayer(capacity=1000)
        self.processes: list[ServerProcess] = []

    async def __call__(self) -> ServerProcess:
        """Start another one."""
        channel = await self.layer.new_channel("process")
        new = ServerProcess(self.environment, channel=channel, layer=self.layer)
        new.start()
        self.processes.append(new)
        async with asyncio.timeout(5):
            while channel not in self.layer.groups.get(PROCESSES, {}):
                await asyncio.sleep(0)
        return new


class Watcher:
    """A socket without a socket: takes frames and notices, and folds them into text."""

    def __init__(self) -> None:
        self.shown = Shown()
        self.kinds: list[str] = []
        self.notices: list[Notice] = []
        self.moved = asyncio.Event()
        self.finished = asyncio.Event()

    behind = False

    @property
    def text(self) -> str:
        return self.shown.text

    @property
    def position(self) -> tuple[int, int]:
        return self.shown.position

    def receive(self, encoded: bytes) -> None:
        frame: dict[str, Any] = json.loads(encoded)
        self.kinds.append(frame["type"])
        took = self.shown.fold(frame)
        assert took or frame["type"] != "generation.delta", "a double"
        assert not self.shown.gap
        self.moved.set()

    def notice(self, *notices: Notice) -> None:
        self.notices.extend(notices)
        if any(notice.frame is not None and notice.frame["type"] == "generation.finished" for notice in notices):
            self.finished.set()

    async def until(self, length: int) -> None:
        """Wait until so much text is shown."""
        async with asyncio.timeout(10):
            while len(self.text) < length:
                self.moved.clear()
                await self.moved.wait()

    async def end(self) -> dict[str, Any]:
        async with asyncio.timeout(10):
            await self.finished.wait()
        return next(n.frame for n in self.notices if n.frame and n.frame["type"] == "generation.finished")


class FailingLayer(InMemoryChannelLayer):
    """A channel layer that is away."""

    async def send(self, channel: str, message: dict[str, Any]) -> None:
        raise ConnectionError

    async def group_send(self, group: str, message: dict[str, Any]) -> None:
        raise ConnectionError

    async def receive(self, channel: str) -> dict[str, Any]:
        raise ConnectionError


class HangingLayer(InMemoryChannelLayer):
    """A channel layer that keeps the notices of `hangs` waiting, as one that is far away may do."""

    hangs = ""
    seconds = 60.0

    async def group_send(self, group: str, message: dict[str, Any]) -> None:
        if message["type"] == "notice" and message["origin"] == self.hangs:
            await asyncio.sleep(self.seconds)
        await super().group_send(group, message)


@pytest_asyncio.fixture
async def simulator() -> AsyncIterator[Simulator]:
    async with Simulator(speed=100) as simulator:
        yield simulator


@pytest_asyncio.fixture
async def process(simulator: Simulator, settings: Any, transactional_db: None) -> AsyncIterator[Installation]:
    """An installation without processes yet; calling it starts one."""
    settings.ENVIRONMENT = dataclasses.replace(
        settings.ENVIRONMENT,
        deepseek_base_url=simulator.base_url,
        deepseek_api_key="sk-tests",
        demo=False,
        checkpoint_interval=0.1,
        lease=LEASE,
    )
    installation = Installation(settings.ENVIRONMENT)
    yield installation
    for each in installation.processes:
        await each.close(0)


async def ask(owner: ServerProcess, user: User, text: str) -> Reply:
    reply = await database.run(
        replies.send,
        user_id=user.pk,
        command=uuid4(),
        owner=owner.channel,
        conversation_id=None,
        parent_id=None,
        text=text,
        model="deepseek-flash",
        thinking="off",
    )
    await owner.begin(user.pk, reply)
    return reply


async def crash(process: ServerProcess) -> None:
    """End a process as kill -9 would: nothing is written any more, no lease is given up."""
    for task in (*process.engine._tasks, *process._tasks):
        task.cancel()
    await asyncio.sleep(0)


async def stored(user: User, reply: Reply) -> str:
    page = await database.run(opening.read, user.pk, reply.conversation_id)
    return str(next(row["text"] for row in page["messages"] if row["id"] == str(reply.answer_id)))


def counted(text: str) -> list[int]:
    """The numbers of a counting answer."""
    return [int(word) for word in text.replace(".", "").replace(",", " ").split() if word.isdigit()]


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
        await _expire(reply.answer_id)
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
    await _expire(reply.answer_id)
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
    await _ended(reply)
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
    await _ended(reply)
    await owner.close(0)
    assert (await watcher.end())["message"] == str(reply.answer_id)


async def _ended(reply: Reply) -> None:
    async with asyncio.timeout(10):
        while (await Generation.objects.aget(pk=reply.answer_id)).status == "running":
            await asyncio.sleep(0.02)


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


async def test_a_request_that_the_client_refuses_fails_in_words(
    process: Installation, alice: User, settings: Any
) -> None:
    owner = await process()
    watcher = Watcher()
    owner.notices.subscribe(alice.pk, watcher)
    reply = await database.run(
        replies.send,
        user_id=alice.pk,
        command=uuid4(),
        owner=owner.channel,
        conversation_id=None,
        parent_id=None,
        text="Hello",
        model="deepseek-flash",
        thinking="off",
    )
    assert reply.job is not None
    broken = dataclasses.replace(reply.job, turns=())
    await owner.begin(alice.pk, dataclasses.replace(reply, job=broken))
    finished = await watcher.end()
    assert finished["status"] == "failed"
    assert finished["error"]["message"]


async def _expire(message_id: UUID) -> None:
    """As if its lease had run out."""
    past = datetime.now(UTC) - timedelta(seconds=5)
    await Generation.objects.filter(pk=message_id).aupdate(lease_until=past)


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
    await _expire(reply.answer_id)
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
