"""Queue and fallbacks as the engine uses them, against simulators over TCP."""

from __future__ import annotations

import asyncio
import dataclasses
import json
from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import pytest
import pytest_asyncio

from chatsite.accounts.models import User
from chatsite.fallbacks import FallbackUpstream
from conversations.models import Generation, UpstreamCall
from conversations.services import rows
from conversations.services.notices import Notice
from conversations.services.process import ServerProcess
from conversations.services.replies import Reply
from conversations.simulator import Simulator
from tests.asking import written


class Page:
    """A socket without a socket: takes frames, and waits for them."""

    def __init__(self) -> None:
        self.frames: list[dict[str, Any]] = []
        self._came = asyncio.Event()

    behind = False

    def receive(self, encoded: bytes) -> None:
        self._take(json.loads(encoded))

    def notice(self, *notices: Notice) -> None:
        for notice in notices:
            if notice.frame is not None:
                self._take(notice.frame)

    def of(self, type_: str) -> list[dict[str, Any]]:
        return [frame for frame in self.frames if frame["type"] == type_]

    async def until(self, type_: str, **fields: Any) -> dict[str, Any]:
        async with asyncio.timeout(10):
            while True:
                for frame in self.of(type_):
                    if all(frame.get(name) == value for name, value in fields.items()):
                        return frame
                self._came.clear()
                await self._came.wait()

    def _take(self, frame: dict[str, Any]) -> None:
        self.frames.append(frame)
        self._came.set()


@pytest_asyncio.fixture
async def simulator() -> AsyncIterator[Simulator]:
    async with Simulator(speed=200) as simulator:
        yield simulator


@pytest_asyncio.fixture
async def spare() -> AsyncIterator[Simulator]:
    async with Simulator(speed=0, first_token=0) as simulator:
        yield simulator


@pytest_asyncio.fixture
async def process(
    simulator: Simulator, spare: Simulator, settings: Any, transactional_db: None
) -> AsyncIterator[ServerProcess]:
    """One process with a fallback and room for one answer at once."""
    settings.ENVIRONMENT = dataclasses.replace(
        settings.ENVIRONMENT,
        deepseek_base_url=simulator.base_url,
        deepseek_api_key="sk-tests",
        demo=False,
        max_concurrent_answers=1,
        fallback_upstreams=(
            FallbackUpstream(
                name="spare",
                base_url=f"{spare.base_url}/v1",
                key="sk-spare",
                models={"deepseek-flash": "deepseek-v4-pro"},
                limits={},
                wire="openai",
                is_deepseek=False,
                think_tags="none",
            ),
        ),
    )
    process = ServerProcess(settings.ENVIRONMENT, channel=f"alone.{uuid4().hex}", layer=None)
    process.start()
    yield process
    await process.close(0)


async def ask(process: ServerProcess, user: User, text: str, page: Page) -> Reply:
    reply = await written(process, user, text)
    process.notices.subscribe(user.pk, page)
    await process.begin(user.pk, reply)
    await process.follow(process.channel, reply.answer_id, page, None)
    return reply


async def test_a_queued_answer_is_stopped_at_once(process: ServerProcess, alice: User, bob: User) -> None:
    running, waiting = Page(), Page()
    await ask(process, alice, "count to 900", running)
    await running.until("generation.delta")
    reply = await ask(process, bob, "Hello", waiting)
    queued = await waiting.until("generation.queued")
    assert queued == {"type": "generation.queued", "message": str(reply.answer_id), "position": 1}
    async with asyncio.timeout(1):
        await process.stop(bob.pk, reply.answer_id)
        finished = await waiting.until("generation.finished")
    assert finished["status"] == "stopped"
    assert (await Generation.objects.aget(pk=reply.answer_id)).status == "stopped"
    assert not await UpstreamCall.objects.filter(generation_ref=reply.answer_id).aexists()


async def test_who_comes_later_sees_the_queue_and_its_end(process: ServerProcess, alice: User, bob: User) -> None:
    running, waiting, later = Page(), Page(), Page()
    first = await ask(process, alice, "count to 900", running)
    await running.until("generation.delta")
    reply = await ask(process, bob, "Hello", waiting)
    await waiting.until("generation.queued", position=1)
    await process.follow(process.channel, reply.answer_id, later, None)
    assert [frame["type"] for frame in later.frames] == ["generation.snapshot", "generation.queued"]
    await process.stop(alice.pk, first.answer_id)
    await later.until("generation.queued", position=0)
    assert (await waiting.until("generation.finished"))["status"] == "complete"


@pytest.mark.parametrize("scenario", ["reset", "truncated"])
async def test_an_answer_that_broke_off_names_who_broke_off(
    process: ServerProcess, alice: User, simulator: Simulator, spare: Simulator, scenario: str
) -> None:
    """In the moment, and from the database for whoever opens the conversation later."""
    simulator.scenario, spare.scenario = "no-balance", scenario
    page = Page()
    reply = await ask(process, alice, "Hello", page)
    finished = await page.until("generation.finished")
    generation = await Generation.objects.select_related("message").aget(pk=reply.answer_id)
    assert generation.upstream == "spare"
    stored = rows.generation_row(generation)["error"]["message"]
    assert finished["error"]["message"] == stored
    assert "DeepSeek" not in stored
    assert scenario != "reset" or stored.startswith("The connection to spare broke off.")


async def test_the_first_failure_is_stored_as_that_of_deepseek(
    process: ServerProcess, alice: User, simulator: Simulator, spare: Simulator
) -> None:
    simulator.scenario = spare.scenario = "no-balance"
    page = Page()
    reply = await ask(process, alice, "Hello", page)
    assert "DeepSeek balance" in (await page.until("generation.finished"))["error"]["message"]
    assert (await Generation.objects.aget(pk=reply.answer_id)).upstream == "deepseek"


async def test_the_ledger_names_who_served(
    process: ServerProcess, alice: User, simulator: Simulator, spare: Simulator
) -> None:
    simulator.scenario = "no-balance"
    page = Page()
    reply = await ask(process, alice, "Hello", page)
    assert (await page.until("generation.retrying"))["text"] == "The account is out of balance, asking spare."
    assert (await page.until("generation.finished"))["status"] == "complete"
    calls = UpstreamCall.objects.filter(generation_ref=reply.answer_id).order_by("number")
    rows = [(call.upstream, call.model_asked, call.http_status, call.error_code) async for call in calls]
    assert rows == [
        ("deepseek", "deepseek-flash", 402, "balance_exhausted"),
        ("spare", "deepseek-flash", 200, ""),
    ]
    assert spare.calls[0].body["model"] == "deepseek-v4-pro"
