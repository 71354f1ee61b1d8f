"""The outbox: order, slow readers, sockets that are gone."""

from __future__ import annotations

import asyncio

import pytest

from conversations.realtime import outbox
from conversations.realtime.outbox import Outbox


async def test_frames_leave_in_their_order() -> None:
    sent: list[str] = []

    async def send(frame: str) -> None:
        await asyncio.sleep(0)
        sent.append(frame)

    box = Outbox(send, too_slow=_unexpected)
    for number in range(50):
        box.receive(str(number))
        if number % 7 == 0:
            await asyncio.sleep(0)
    await asyncio.sleep(0.05)
    assert sent == [str(number) for number in range(50)]


async def test_a_socket_that_is_gone_ends_it() -> None:
    tries = 0

    async def send(frame: str) -> None:
        nonlocal tries
        tries += 1
        raise ConnectionError

    box = Outbox(send, too_slow=_unexpected)
    box.receive("a")
    box.receive("b")
    await asyncio.sleep(0.01)
    box.receive("c")
    await asyncio.sleep(0.01)
    assert tries == 1


async def test_a_reader_that_falls_far_behind_is_given_up(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(outbox, "_MOST_CHARACTERS", 100)
    sent: list[str] = []
    given_up: list[bool] = []
    reading = asyncio.Event()

    async def send(frame: str) -> None:
        await reading.wait()
        sent.append(frame)

    box = Outbox(send, too_slow=lambda: given_up.append(True))
    for number in range(50):
        box.receive(f"{number:010}")
        await asyncio.sleep(0)
    reading.set()
    await asyncio.sleep(0.01)
    assert sent == [f"{0:010}"]
    assert given_up == [True]
    assert "too slow" in caplog.text


async def test_a_frame_above_the_limit_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    """Or its reader would never get it, however often it reconnects."""
    monkeypatch.setattr(outbox, "_MOST_CHARACTERS", 100)
    sent: list[str] = []

    async def send(frame: str) -> None:
        sent.append(frame)

    Outbox(send, too_slow=_unexpected).receive("x" * 1000)
    await asyncio.sleep(0.01)
    assert len(sent) == 1


def _unexpected() -> None:
    raise AssertionError("given up")
