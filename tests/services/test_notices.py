"""Notices on their way to other processes: gathered into messages, in order, and numbered."""

from __future__ import annotations

import asyncio
from typing import Any, cast
from uuid import UUID, uuid4

import pytest

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
    assert len(layer.messages) == 2
    assert all(person.frames == [{"type": str(count)} for count in range(4)] for person in people)
    assert [message["number"] for message in layer.messages] == [1, 2]


async def test_what_was_published_has_left(layer: SlowLayer, here: Notices) -> None:
    person = Person(layer)
    first = asyncio.create_task(here.publish(person.id, Notice({"type": "first"})))
    await asyncio.sleep(0)
    await here.publish(person.id, Notice({"type": "second"}))
    assert person.frames == [{"type": "first"}, {"type": "second"}]
    await first


async def test_a_message_has_a_limit(layer: SlowLayer, here: Notices, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(notices, "_MESSAGE", 1000)
    person = Person(layer)
    await asyncio.gather(*(here.publish(person.id, Notice({"type": "x" * 600})) for _ in range(5)))
    assert [len(message["notices"]) for message in layer.messages] == [1, 2, 2]
    assert len(person.frames) == 5


async def test_a_layer_that_fails_leaves_a_gap_and_nothing_waits(layer: SlowLayer, here: Notices) -> None:
    person = Person(layer)
    works = layer.group_send

    async def fail(group: str, message: dict[str, Any]) -> None:
        raise ConnectionError

    layer.group_send = fail  # type: ignore[method-assign]
    await here.publish(person.id, Notice({"type": "lost"}))
    layer.group_send = works  # type: ignore[method-assign]
    await here.publish(person.id, Notice({"type": "second"}))
    assert person.frames == [{"type": "second"}]
    assert layer.messages[0]["number"] == 2
