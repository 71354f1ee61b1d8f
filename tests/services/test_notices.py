"""Notices on their way to other processes: gathered into messages, in order, and numbered."""

from __future__ import annotations

import asyncio
from typing import Any, cast
from uuid import UUID, uuid4

import pytest

from conversations.generation import parcels
from conversations.services import notices
from conversations.services.notices import Notice, Notices


class SlowLayer:
    """Takes a while for each message, and hands it to the other process."""

    def __init__(self) -> None:
        self.messages: list[dict[str, Any]] = []
        self.other = Notices(origin="other", layer=None)

    async def group_send(self, group: str, message: dict[str, Any]) -> None:
        await asyncio.sleep(0.01)
        self.messages.append(message)
        self.other.received(message)


class Person:
    """A sink in the other process."""

    def __init__(self, layer: SlowLayer) -> None:
        self.id: UUID = uuid4()
        self.frames: list[Any] = []
        layer.other.subscribe(self.id, self)

    def notice(self, *notices: Notice) -> None:
        self.frames += [notice.frame for notice in notices]


@pytest.fixture
def layer() -> SlowLayer:
    return SlowLayer()


@pytest.fixture
def here(layer: SlowLayer) -> Notices:
    return Notices(origin="here", layer=cast("Any", layer))


async def test_what_is_published_at_once_is_a_few_messages(layer: SlowLayer, here: Notices) -> None:
    people = [Person(layer) for _ in range(50)]
    await asyncio.gather(
        *(here.publish(person.id, Notice({"type": str(count)})) for count in range(4) for person in people)
    )
    assert len(layer.messages) == 1
    assert all(person.frames == [{"type": str(count)} for count in range(4)] for person in people)


async def test_what_was_published_has_left(layer: SlowLayer, here: Notices) -> None:
    person = Person(layer)
    first = asyncio.create_task(here.publish(person.id, Notice({"type": "first"})))
    await asyncio.sleep(0)
    await here.publish(person.id, Notice({"type": "second"}))
    assert person.frames == [{"type": "first"}, {"type": "second"}]
    await first


async def test_what_comes_while_a_message_is_on_its_way_is_the_next_one(layer: SlowLayer, here: Notices) -> None:
    person = Person(layer)
    first = asyncio.create_task(here.publish(person.id, Notice({"type": "0"})))
    await asyncio.sleep(0.002)
    await asyncio.gather(*(here.publish(person.id, Notice({"type": str(count)})) for count in range(1, 9)))
    await first
    assert [message["number"] for message in layer.messages] == [1, 2]
    assert person.frames == [{"type": str(count)} for count in range(9)]


async def test_a_publisher_that_is_cancelled_takes_no_notice_with_it(layer: SlowLayer, here: Notices) -> None:
    person = Person(layer)
    both = [asyncio.create_task(here.publish(person.id, Notice({"type": name}))) for name in ("on its way", "waiting")]
    await asyncio.sleep(0.002)
    both.append(asyncio.create_task(here.publish(person.id, Notice({"type": "behind"}))))
    await asyncio.sleep(0.002)
    for task in both:
        task.cancel()
    await here.take_leave(all_told=True)
    assert [frame["type"] for frame in person.frames] == ["on its way", "waiting", "behind"]
    assert layer.messages[-1] == {"type": "number", "number": 2, "leaves": True, "origin": "here"}


async def test_who_dies_takes_no_leave(layer: SlowLayer, here: Notices) -> None:
    await here.take_leave(all_told=False)
    assert layer.messages == []


async def test_a_notice_that_fails_costs_others_nothing(
    layer: SlowLayer, here: Notices, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    bad, good = Person(layer), Person(layer)
    monkeypatch.setattr(bad, "notice", lambda *notices: 1 / 0)
    await asyncio.gather(*(here.publish(person.id, Notice({"type": "x"})) for person in (bad, good)))
    assert good.frames == [{"type": "x"}]
    assert "a notice of another process failed here" in caplog.text


async def test_a_layer_that_hangs_holds_up_for_its_patience_once(
    layer: SlowLayer, here: Notices, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(notices, "_PATIENCE", 0.05)
    monkeypatch.setattr(parcels, "_SIZE", 10)

    async def hang(group: str, message: dict[str, Any]) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(layer, "group_send", hang)
    async with asyncio.timeout(0.3):
        await asyncio.gather(*(here.publish(uuid4(), Notice({"type": "x"})) for _ in range(20)))


async def test_a_message_has_a_limit(layer: SlowLayer, here: Notices, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parcels, "_SIZE", 1000)
    person = Person(layer)
    await asyncio.gather(*(here.publish(person.id, Notice({"type": "x" * 600})) for _ in range(5)))
    assert [len(message["notices"]) for message in layer.messages] == [2, 2, 1]
    assert len(person.frames) == 5


async def test_a_layer_that_fails_leaves_a_gap_and_nothing_waits(
    layer: SlowLayer, here: Notices, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = Person(layer)

    async def fail(group: str, message: dict[str, Any]) -> None:
        raise ConnectionError

    with monkeypatch.context() as patched:
        patched.setattr(layer, "group_send", fail)
        await here.publish(person.id, Notice({"type": "lost"}))
    await here.publish(person.id, Notice({"type": "second"}))
    assert person.frames == [{"type": "second"}]
    assert layer.messages[0]["number"] == 2
