"""Single blows, with what must follow."""

from __future__ import annotations

import asyncio
import random
import signal
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from conversations.simulator import Simulator
from tests.chaos import site as sites
from tests.chaos.line import Fault
from tests.chaos.page import Page
from tests.chaos.people import sign_in
from tests.chaos.site import LEASE, Site
from tests.chaos.truth import Question
from tests.live.server import LiveServer
from tests.shown import Shown

pytestmark = pytest.mark.skipif(
    not sites.is_complete(), reason="several servers need DATABASE_URL (PostgreSQL) and REDIS_URL"
)
_QUESTION = Question("count to 250", "off")
_PATIENCE = 20.0


class Watched(Page):
    """A page that notes what comes."""

    def __init__(self, *servers: LiveServer, cookies: str) -> None:
        super().__init__("page", servers, cookies, random.Random(1))
        self.came: list[dict[str, Any]] = []

    async def _receive(self, frame: dict[str, Any]) -> None:
        self.came.append(frame)
        await super()._receive(frame)

    @property
    def answer(self) -> Shown:
        return next(node.shown for node in self.messages.values() if node.role == "assistant")

    async def until(self, holds: Callable[[], bool]) -> None:
        async with asyncio.timeout(_PATIENCE):
            while not holds():
                await asyncio.sleep(0.02)


@pytest_asyncio.fixture
async def simulator() -> AsyncIterator[Simulator]:
    async with Simulator(speed=50) as simulator:
        yield simulator


@pytest_asyncio.fixture
async def site(tmp_path: Path, simulator: Simulator) -> AsyncIterator[Site]:
    async with sites.site(tmp_path, simulator, random.Random(1), size=2) as site:
        yield site


@pytest_asyncio.fixture
async def pages(site: Site) -> AsyncIterator[tuple[Watched, Watched]]:
    """One at each server, following the same conversation, in which an answer is being written by the first."""
    cookies = await asyncio.to_thread(sign_in, site)
    both = Watched(site.servers[0], cookies=cookies), Watched(site.servers[1], cookies=cookies)
    living = [asyncio.create_task(page.live()) for page in both]
    here, there = both
    there.open((await here.ask(_QUESTION))["conversation"])
    for page in both:
        await page.until(lambda page=page: len(page.messages) == 2 and page.answer.seq > 20)  # type: ignore[misc]
    yield both
    for task in living:
        task.cancel()
    await asyncio.gather(*living, return_exceptions=True)


async def _is_whole(pages: tuple[Watched, Watched]) -> None:
    for page in pages:
        await page.until(lambda page=page: page.answer.status == "complete")  # type: ignore[misc]
    whole = "A simulated count:\n\n" + "".join(
        f"{number}{'.' if number == 250 else ', ' if number % 10 else f',{chr(10)}'}" for number in range(1, 251)
    )
    assert [page.answer.text for page in pages] == [whole, whole]


async def test_a_paused_owner_sends_nothing_of_what_others_took_over(
    site: Site, pages: tuple[Watched, Watched]
) -> None:
    here, there = pages
    owner = site.servers[0]
    owner.send(signal.SIGSTOP)
    await there.until(lambda: there.answer.attempt == 2)
    await asyncio.sleep(LEASE)
    here.came.clear()
    owner.send(signal.SIGCONT)
    await _is_whole(pages)
    assert not [frame for frame in here.came if frame["type"] == "generation.delta" and frame["attempt"] == 1]


async def test_an_answer_goes_on_while_redis_is_away_and_pages_catch_up(
    site: Site, pages: tuple[Watched, Watched]
) -> None:
    here, there = pages
    assert site.layer is not None
    site.layer.fail(Fault.REFUSED)
    await here.until(lambda: here.answer.status == "complete")
    assert there.answer.is_unfinished
    site.layer.mend()
    await _is_whole(pages)
    assert here.answer.attempt == there.answer.attempt == 1


async def test_what_is_opened_and_sent_while_the_database_is_away_waits_for_it(
    site: Site, pages: tuple[Watched, Watched]
) -> None:
    here, there = pages
    assert site.database is not None
    await _is_whole(pages)
    site.database.fail(Fault.REFUSED)
    here.came.clear()
    there.came.clear()
    sent = asyncio.create_task(here.ask(Question("count to 5", "off")))
    there.heal()
    await here.until(lambda: any(frame["type"] == "error" for frame in here.came))
    site.database.mend()
    async with asyncio.timeout(_PATIENCE):
        acknowledged = await sent
    for page in pages:
        await page.until(lambda page=page: len(page.messages) == 4)  # type: ignore[misc]
        answer = page.messages[acknowledged["answer"]].shown
        await page.until(lambda answer=answer: answer.status == "complete")  # type: ignore[misc]
    assert {frame["code"] for frame in here.came if frame["type"] == "error"} == {"unavailable"}
    assert not [frame for frame in there.came if frame["type"] == "error"], "nobody asked it anything"
