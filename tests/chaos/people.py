"""The people of a chaos run: conversations with several pages each, that ask, reload, lose connections, read slowly."""

from __future__ import annotations

import asyncio
import random
import time
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

import httpx

from tests.chaos.page import Page
from tests.chaos.site import Site
from tests.chaos.truth import Question, Questions, Truth
from tests.live.member import Member
from tests.shown import Shown

_TALKS = 5
_PAGES = 3


@dataclass
class Talk:
    """One conversation and the pages that show it."""

    pages: list[Page]
    questions: list[Question] = field(default_factory=list)


class People:
    """`async with People(...)`: pages are connected from then on."""

    def __init__(self, site: Site, chance: random.Random) -> None:
        self._site = site
        self._chance = chance
        self._questions = Questions(chance)
        self._resting = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self._talking: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Self:
        self._cookies = await asyncio.to_thread(sign_in, self._site)
        self._talks = [Talk([self._page(talk, page) for page in range(_PAGES)]) for talk in range(_TALKS)]
        for page in self._pages:
            self._tasks.append(asyncio.create_task(page.live()))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for task in (*self._tasks, *self._talking):
            task.cancel()
        await asyncio.gather(*self._tasks, *self._talking, return_exceptions=True)

    @property
    def _pages(self) -> list[Page]:
        return [page for talk in self._talks for page in talk.pages]

    def _page(self, talk: int, number: int) -> Page:
        chance = random.Random(self._chance.random())
        return Page(f"page {talk}.{number}", self._site.servers, self._cookies, chance)

    # --- what they do ---------------------------------------------------------------------------------------------

    def begin(self) -> None:
        self._talking = [asyncio.create_task(self._talk(talk)) for talk in self._talks]

    def rest(self) -> None:
        """Ask nothing new and keep still."""
        self._resting.set()

    async def fidget(self) -> None:
        """Reload, lose connections, stop reading; until they rest."""
        chance = random.Random(self._chance.random())
        naps: set[asyncio.Task[None]] = set()
        while not self._resting.is_set():
            await asyncio.sleep(chance.uniform(0.05, 0.4))
            page = chance.choice(self._pages)
            match chance.randrange(4):
                case 0:
                    page.reload()
                case 1:
                    nap = asyncio.create_task(page.sleep(chance.uniform(0.3, 3)))
                    naps.add(nap)
                    nap.add_done_callback(naps.discard)
                case _:
                    page.cut()
        await asyncio.gather(*naps)

    async def _talk(self, talk: Talk) -> None:
        """Ask one question after the other, from any page that has seen the end of the answer before."""
        chance = random.Random(self._chance.random())
        while not self._resting.is_set():
            await asyncio.sleep(chance.uniform(0, 0.5))
            page = chance.choice([talk.pages[0]] if not talk.questions else talk.pages)
            if not self._is_at_the_end(talk, page):
                continue
            question = self._questions.next()
            talk.questions.append(question)
            acknowledged = await page.ask(question)
            question.answer = acknowledged["answer"]
            for other in talk.pages:
                if other.conversation is None:
                    other.open(acknowledged["conversation"])
            if question.stopped:
                await asyncio.sleep(chance.uniform(0, 2))
                await chance.choice(talk.pages).stop(acknowledged["answer"])

    def _is_at_the_end(self, talk: Talk, page: Page) -> bool:
        if page.is_busy:
            return False
        shown = [page.answer_to(question) for question in talk.questions]
        return all(each is not None and not each.is_unfinished for each in shown)

    # --- what must hold -------------------------------------------------------------------------------------------

    async def settle(self, patience: float, truth: Truth) -> None:
        """Every page comes to the whole text by itself within `patience` seconds, and so does the database."""
        began = time.monotonic()
        while missing := [*self._on_their_way(), *self._differences(truth)]:
            failed = [task for task in self._talking if task.done() and task.exception()]
            assert not failed, failed
            assert time.monotonic() - began < patience, self._report(missing)
            await asyncio.sleep(0.2)
        self._site.note(f"all is well after {time.monotonic() - began:.1f} s")
        wrong = [line for talk in self._talks for line in await self._stored_wrongly(talk, truth)]
        wrong += await self._made_twice()
        assert not wrong, self._report(wrong)
        self._count()

    def _on_their_way(self) -> list[str]:
        return [f"talk {number} waits" for number, task in enumerate(self._talking) if not task.done()]

    def _differences(self, truth: Truth) -> list[str]:
        return [
            f"{page.name}: {wrong}: {question}"
            for talk in self._talks
            for page in talk.pages
            for question in talk.questions
            if (wrong := _difference(page, question, truth))
        ]

    async def _stored_wrongly(self, talk: Talk, truth: Truth) -> list[str]:
        """What a reload shows, which the server decrypts from the database."""
        if not talk.questions:
            return []
        async with self._browser() as browser:
            answer = await browser.get(f"/c/{talk.pages[0].conversation}/messages/")
        rows: list[dict[str, Any]] = answer.json()["messages"]
        wrong = [] if len(rows) == 2 * len(talk.questions) else [f"{len(rows)} messages are stored"]
        stored = {row["id"]: Shown.of(row) for row in rows}
        for question in talk.questions:
            shown = stored[question.answer or ""]
            if problem := _problem(shown, question, truth):
                wrong.append(f"stored: {problem}: {question}")
            seen = {(page.messages[question.answer or ""].shown.text) for page in talk.pages}
            if seen != {shown.text}:
                wrong.append(f"stored and shown differ: {question}")
        return wrong

    async def _made_twice(self) -> list[str]:
        """Conversations beyond those that were begun."""
        async with self._browser() as browser:
            rows = (await browser.get("/conversations/?limit=50")).json()["conversations"]
        begun = {talk.pages[0].conversation for talk in self._talks if talk.questions}
        return [f"nobody began conversation {row['id']}" for row in rows if row["id"] not in begun]

    def _browser(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(base_url=self._site.servers[0].url, headers={"Cookie": self._cookies}, timeout=20)

    def _report(self, wrong: list[str]) -> str:
        complaints = [f"{page.name}: {page.complaints}" for page in self._pages if page.complaints]
        logs = [f"--- {server.log}\n{server.log.read_text()}" for server in self._site.servers]
        return "\n".join([*wrong, *complaints, *logs])

    def _count(self) -> None:
        ends: dict[str, int] = {}
        for talk in self._talks:
            for question in talk.questions:
                shown = talk.pages[0].answer_to(question)
                status = str(shown.status) if shown is not None else "nothing"
                ends[status] = ends.get(status, 0) + 1
        self._site.note(f"answers: {ends}")


def sign_in(site: Site) -> str:
    """The cookies of the person whose pages all are."""
    with Member(site.servers[0]).become_first_administrator() as member:
        return "; ".join(f"{cookie.name}={cookie.value}" for cookie in member.http.cookies.jar)


def _difference(page: Page, question: Question, truth: Truth) -> str:
    """What is not right yet with an answer in a page; "" when all is."""
    if page.asked(question.text) != 1:
        return f"the question stands there {page.asked(question.text)} times"
    shown = page.answer_to(question)
    if shown is None:
        return "its answer is not there"
    return _problem(shown, question, truth)


def _problem(shown: Shown, question: Question, truth: Truth) -> str:
    if shown.is_unfinished:
        return f"its answer is {shown.status} at {shown.position}{' with a gap' if shown.gap else ''}"
    given = shown.reasoning, shown.text
    whole = truth.of(question)
    if shown.status == "complete":
        return "" if given == whole else f"the text is wrong: {_parting(given, whole)}"
    may_end = shown.status == "interrupted" or (shown.status == "stopped" and question.stopped)
    if not may_end:
        return f"its answer is {shown.status}"
    begins = whole[0].startswith(given[0]) and whole[1].startswith(given[1])
    return "" if begins else f"the beginning is wrong: {_parting(given, whole)}"


def _parting(given: tuple[str, str], whole: tuple[str, str]) -> str:
    """Where they part."""
    pairs = zip(("reasoning", "text"), given, whole, strict=True)
    name, one, other = next((name, one, other) for name, one, other in pairs if one != other)
    at = next((at for at, pair in enumerate(zip(one, other, strict=False)) if pair[0] != pair[1]), len(one))
    shown, expected = one[max(0, at - 20) : at + 40], other[max(0, at - 20) : at + 40]
    return f"{name} parts at {at} of {len(other)}: {shown!r}, not {expected!r}"
