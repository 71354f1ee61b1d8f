"""The outbox: order, slow readers, sockets that are gone."""

from __future__ import annotations

import asyncio

import pytest

from conversations.realtime import outbox
from conversations.realtime.outbox import Outbox


async def test_frames_leave_in_their_order() -> None:
    sent: list[bytes] = []

    async def send(frame: bytes) -> None:
        await asyncio.sleep(0)
        sent.append(frame)

    box = Outbox(send, too_slow=_unexpected)
    for number in range(50):
        box.receive(b"%d" % number)
        if number % 7 == 0:
            await asyncio.sleep(0)
    await asyncio.sleep(0.05)
    assert sent == [b"%d" % number for number in range(50)]


async def test_a_socket_that_is_gone_ends_it() -> None:
    tries = 0

    async def send(frame: bytes) -> None:
        nonlocal tries
        tries += 1
        raise ConnectionError

    box = Outbox(send, too_slow=_unexpected)
    box.receive(b"a")
    box.receive(b"b")
    await asyncio.sleep(0.01)
    box.receive(b"c")
    await asyncio.sleep(0.01)
    assert tries == 1


async def test_a_reader_that_falls_far_behind_is_given_up(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(outbox, "_MOST", 100)
    sent: list[bytes] = []
    given_up: list[bool] = []
    reading = asyncio.Event()

    async def send(frame: bytes) -> None:
        await reading.wait()
        sent.append(frame)

    box = Outbox(send, too_slow=lambda: given_up.append(True))
    for number in range(50):
        box.receive(b"%010d" % number)
        await asyncio.sleep(0)
    reading.set()
    await asyncio.sleep(0.01)
    assert sent == [b"%010d" % 0]
    assert given_up == [True]
    assert "too slow" in caplog.text


async def test_a_frame_above_the_limit_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    """Or its reader would never get it, however often it reconnects."""
    monkeypatch.setattr(outbox, "_MOST", 100)
    sent: list[bytes] = []

    async def send(frame: bytes) -> None:
        sent.append(frame)

    Outbox(send, too_slow=_unexpected).receive(b"x" * 1000)
    await asyncio.sleep(0.01)
    assert len(sent) == 1


async def test_a_frame_goes_straight_to_a_reader_that_keeps_up_and_behind_what_waits_otherwise() -> None:
    sent: list[bytes] = []
    room = asyncio.Event()

    def send_now(*frames: bytes) -> bool:
        if room.is_set():
            sent.extend(frames)
        return room.is_set()

    async def send(frame: bytes) -> None:
        await room.wait()
        sent.append(frame)

    room.set()
    box = Outbox(send, send_now=send_now, too_slow=_unexpected)
    box.receive(b"0")
    assert sent == [b"0"]
    room.clear()
    box.receive(b"1")
    await asyncio.sleep(0)
    room.set()
    box.receive(b"2")
    await asyncio.sleep(0.01)
    box.receive(b"3", b"4")
    assert sent == [b"0", b"1", b"2", b"3", b"4"]
    room.clear()
    box.receive(b"5", b"6")
    room.set()
    await asyncio.sleep(0.01)
    assert sent[5:] == [b"5", b"6"]


async def test_many_frames_at_once_leave_a_reader_behind() -> None:
    taken: list[bytes] = []

    def send_now(*frames: bytes) -> bool:
        has_room = sum(map(len, taken)) < 1000
        if has_room:
            taken.extend(frames)
        return has_room

    async def send(frame: bytes) -> None:
        await asyncio.Event().wait()

    box = Outbox(send, send_now=send_now, too_slow=_unexpected)
    box.receive(*[bytes(500)] * 400)
    assert len(taken) == 2
    assert box.behind
    box.close()
    await asyncio.sleep(0)


async def test_a_reader_is_behind_while_much_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbox, "_BEHIND", 10)
    room = asyncio.Event()

    async def send(frame: bytes) -> None:
        await room.wait()

    box = Outbox(send, too_slow=_unexpected)
    box.receive(b"x" * 20)
    assert box.behind
    room.set()
    await asyncio.sleep(0.01)
    assert not box.behind


def _unexpected() -> None:
    raise AssertionError("given up")
