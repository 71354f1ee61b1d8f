"""A run and who watches it: frames, and readers that are behind."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest_asyncio
import tink
from tink import aead

from conversations.deepseek import DeepSeekClient, Secret
from conversations.generation.job import Job
from conversations.generation.lifecycle import Status
from conversations.generation.outcome import Outcome
from conversations.generation.run import Run
from conversations.history.cipher import Aead, Cipher
from conversations.history.prompt import Turn
from conversations.simulator import Simulator

INTERVAL = 0.01


class Reader:
    """Folds frames into what a page shows. It is behind from frame `stalls` to frame `goes_on`."""

    def __init__(self, *, stalls: int | None = None, goes_on: int | None = None) -> None:
        self.frames: list[dict[str, Any]] = []
        self.text = ""
        self.behind = False
        self._stalls, self._goes_on = stalls, goes_on

    def heed(self, seq: int) -> None:
        self.behind = self._stalls is not None and seq >= self._stalls and not (self._goes_on and seq >= self._goes_on)

    def receive(self, encoded: bytes) -> None:
        frame = json.loads(encoded)
        self.frames.append(frame)
        self.text = frame["text"] if frame["type"] == "generation.snapshot" else self.text + frame.get("text", "")

    def of(self, type_: str) -> list[dict[str, Any]]:
        return [frame for frame in self.frames if frame["type"] == type_]


class Guide(Reader):
    """A reader that keeps up, and tells another one when to be behind."""

    def __init__(self, other: Reader) -> None:
        super().__init__()
        self._other = other

    def receive(self, encoded: bytes) -> None:
        super().receive(encoded)
        self._other.heed(self.frames[-1]["seq"])


@pytest_asyncio.fixture
async def client() -> AsyncIterator[DeepSeekClient]:
    async with (
        Simulator(speed=500, first_token=0) as simulator,
        DeepSeekClient(simulator.base_url, Secret("sk-tests")) as client,
    ):
        yield client


def _aead() -> Aead:
    aead.register()
    primitive: Aead = tink.new_keyset_handle(aead.aead_key_templates.AES256_GCM).primitive(aead.Aead)
    return primitive


async def watched(client: DeepSeekClient, *readers: Reader, question: str = "count to 60") -> Outcome:
    run = Run(job(question), frame_interval=lambda: INTERVAL, simulated=True)
    for reader in readers:
        run.attach(reader, (1, 0))
    return await run.produce(client, "somebody")


def job(question: str) -> Job:
    return Job(
        message_id=uuid4(),
        conversation_id=uuid4(),
        user_id=uuid4(),
        attempt=1,
        model="deepseek-flash",
        thinking="off",
        turns=(Turn("user", question),),
        cipher=Cipher(_aead()),
        created_at=datetime.now(UTC),
    )


async def test_frames_are_numbered_without_a_gap_and_give_the_text(client: DeepSeekClient) -> None:
    reader = Reader()
    outcome = await watched(client, reader)
    assert [frame["seq"] for frame in reader.of("generation.delta")] == list(range(1, outcome.seq + 1))
    assert reader.text == outcome.text
    assert outcome.seq > 3


async def test_what_comes_in_the_interval_shares_a_frame(client: DeepSeekClient) -> None:
    reader = Reader()
    await watched(client, reader)
    lengths = [len(frame.get("text", "").split()) for frame in reader.of("generation.delta")]
    assert max(lengths) > 1


async def test_a_reader_that_was_behind_gets_one_snapshot_and_goes_on(client: DeepSeekClient) -> None:
    slow = Reader(stalls=2, goes_on=5)
    guide = Guide(slow)
    outcome = await watched(client, slow, guide)
    assert slow.text == guide.text == outcome.text
    (snapshot,) = slow.of("generation.snapshot")
    assert snapshot["seq"] >= 5
    after = [frame["seq"] for frame in slow.of("generation.delta") if frame["seq"] > snapshot["seq"]]
    assert after == list(range(snapshot["seq"] + 1, outcome.seq + 1))
    assert guide.of("generation.snapshot") == []


async def test_a_reader_that_is_behind_at_the_end_gets_the_whole(client: DeepSeekClient) -> None:
    slow = Reader(stalls=2)
    guide = Guide(slow)
    outcome = await watched(client, slow, guide)
    assert slow.text == outcome.text
    assert len(slow.frames) < 6


async def test_a_stop_is_heard_while_the_run_rests(client: DeepSeekClient) -> None:
    run = Run(job("count to 900"), frame_interval=lambda: 60, simulated=True)
    reader = Reader()
    run.attach(reader, (1, 0))
    task = asyncio.ensure_future(run.produce(client, "somebody"))
    async with asyncio.timeout(5):
        while not reader.frames:
            await asyncio.sleep(0.01)
        run.stop()
        outcome = await task
    assert outcome.status is Status.STOPPED
    assert reader.text == outcome.text != ""
