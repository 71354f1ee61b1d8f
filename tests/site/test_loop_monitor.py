"""What holds up an event loop is found, on asyncio's loop and on uvloop's, and nothing else is."""

from __future__ import annotations

import asyncio
import socket
import sqlite3
import threading
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
import uvloop

from chatsite.loop_monitor import Block, LoopMonitor

LONG = 0.08
LIMIT = 0.02

NewLoop = Callable[[], asyncio.AbstractEventLoop]
each_loop = pytest.mark.parametrize("new_loop", [asyncio.new_event_loop, uvloop.new_event_loop])


def blocks_of(new_loop: NewLoop, work: Callable[[], Awaitable[object]]) -> list[Block]:
    """What the monitor finds while `work` runs."""
    found: list[Block] = []
    monitor = LoopMonitor(limit=LIMIT, on_block=found.append)

    async def watched() -> None:
        monitor.follow(asyncio.get_running_loop(), lambda lag: None)
        await asyncio.sleep(0.05)
        await asyncio.create_task(_coroutine(work))
        await asyncio.sleep(0.05)

    monitor.start()
    loop = new_loop()
    try:
        loop.run_until_complete(watched())
    finally:
        monitor.stop()
        loop.close()
    return found


async def _coroutine(work: Callable[[], Awaitable[object]]) -> None:
    await work()


def burn(seconds: float) -> None:
    """Take that much of the processor, however long it takes."""
    until = time.thread_time() + seconds
    while time.thread_time() < until:
        pass


def give_way() -> None:
    """Give the interpreter lock away, and wait for it."""
    Path("/dev/null").write_bytes(b"")


async def computes() -> None:
    burn(LONG)


async def sleeps() -> None:
    time.sleep(LONG)  # noqa: ASYNC251 - the mistake to be found


async def reads_a_socket() -> None:
    near, far = socket.socketpair()
    threading.Timer(LONG, far.close).start()
    near.recv(1)
    near.close()


async def waits_for_a_lock() -> None:
    lock = threading.Lock()
    lock.acquire()
    threading.Timer(LONG, lock.release).start()
    lock.acquire()


async def waits_for_a_thread() -> None:
    threading.Event().wait(LONG)


@each_loop
@pytest.mark.parametrize("work", [computes, sleeps, reads_a_socket, waits_for_a_lock, waits_for_a_thread])
def test_a_blocking_callback_is_found_with_its_place(new_loop: NewLoop, work: Callable[[], Awaitable[None]]) -> None:
    blocks = blocks_of(new_loop, work)
    assert len(blocks) == 1
    assert blocks[0].seconds > LIMIT
    assert any(frame.endswith(f" {work.__name__}") for frame in blocks[0].stack), blocks
    assert all("tests/site/test_loop_monitor.py" in frame or "python" in frame for frame in blocks[0].stack)
    assert (blocks[0].cpu > LIMIT) is (work is computes)


@each_loop
def test_a_wait_for_a_locked_database_is_found(new_loop: NewLoop, tmp_path: Path) -> None:
    holder = sqlite3.connect(tmp_path / "db", isolation_level=None, check_same_thread=False)
    holder.execute("BEGIN EXCLUSIVE")

    async def asks() -> None:
        threading.Timer(LONG, holder.rollback).start()
        other = sqlite3.connect(tmp_path / "db", isolation_level=None)
        other.execute("BEGIN EXCLUSIVE")
        other.close()

    blocks = blocks_of(new_loop, asks)
    holder.close()
    assert [block.stack[-1].rpartition(" ")[2] for block in blocks] == ["asks"]


@each_loop
def test_a_call_into_c_that_lets_nobody_look_is_found(new_loop: NewLoop) -> None:
    async def computes_in_c() -> None:
        began = time.thread_time()
        while time.thread_time() - began < LONG:
            sum(range(5_000_000))

    blocks = blocks_of(new_loop, computes_in_c)
    assert sum(block.cpu for block in blocks) > LIMIT


@each_loop
def test_much_work_in_short_steps_is_no_block(new_loop: NewLoop) -> None:
    async def steps() -> None:
        for _ in range(40):
            burn(0.004)
            await asyncio.sleep(0)

    assert blocks_of(new_loop, steps) == []


@each_loop
def test_a_loop_that_waits_is_no_block(new_loop: NewLoop) -> None:
    async def waits() -> None:
        await asyncio.sleep(LONG)
        await asyncio.to_thread(time.sleep, LONG)

    assert blocks_of(new_loop, waits) == []


@each_loop
def test_threads_that_keep_the_interpreter_are_no_block(new_loop: NewLoop) -> None:
    ended = threading.Event()

    def compute() -> None:
        while not ended.is_set():
            sum(range(100))

    async def works_beside_them() -> None:
        for _ in range(20):
            give_way()
            await asyncio.sleep(0)

    threads = [threading.Thread(target=compute) for _ in range(2)]
    for thread in threads:
        thread.start()
    try:
        blocks = blocks_of(new_loop, works_beside_them)
    finally:
        ended.set()
        for thread in threads:
            thread.join()
    assert blocks == []


async def test_lag_is_told_every_interval() -> None:
    lags: list[float] = []
    monitor = LoopMonitor(limit=LIMIT, on_block=lambda block: None)
    monitor.follow(asyncio.get_running_loop(), lags.append)
    while len(lags) < 5:
        await asyncio.sleep(monitor.interval)
    burn(LONG)
    told = len(lags)
    while len(lags) == told:
        await asyncio.sleep(monitor.interval)
    assert max(lags[told:]) > LONG - monitor.interval
    assert min(lags) >= 0
