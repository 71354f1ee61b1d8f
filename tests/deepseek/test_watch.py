from __future__ import annotations

import asyncio

import pytest

from conversations.deepseek.watch import Closed, DeadlinePassed, Watch


def soon(seconds: float) -> float:
    return asyncio.get_running_loop().time() + seconds


async def test_a_wait_that_ends_in_time() -> None:
    watch = Watch()
    for _ in range(3):
        with watch.until(soon(5)):
            await asyncio.sleep(0)
    watch.rest()


async def test_a_deadline_ends_the_wait() -> None:
    watch = Watch()
    with pytest.raises(DeadlinePassed), watch.until(soon(0.01)):
        await asyncio.sleep(5)
    task = asyncio.current_task()
    assert task is not None
    assert task.cancelling() == 0
    with watch.until(soon(5)):
        await asyncio.sleep(0)
    watch.rest()


async def test_a_deadline_that_moved_away_is_kept() -> None:
    watch = Watch()
    with watch.until(soon(0.01)):
        await asyncio.sleep(0)
    began = soon(0)
    with pytest.raises(DeadlinePassed), watch.until(soon(0.05)):
        await asyncio.sleep(5)
    assert soon(0) - began >= 0.045


async def test_a_deadline_between_two_waits_passes_unnoticed() -> None:
    watch = Watch()
    with watch.until(soon(0.01)):
        await asyncio.sleep(0)
    await asyncio.sleep(0.03)
    with watch.until(None):
        await asyncio.sleep(0.01)


async def test_a_nearer_deadline_takes_the_place_of_a_farther_one() -> None:
    watch = Watch()
    with watch.until(soon(5)):
        await asyncio.sleep(0)
    with pytest.raises(DeadlinePassed), watch.until(soon(0.01)):
        await asyncio.sleep(5)


async def test_a_timer_of_an_earlier_wait_does_not_end_one_without_deadline() -> None:
    watch = Watch()
    with watch.until(soon(0.01)):
        await asyncio.sleep(0)
    with watch.until(None):
        await asyncio.sleep(0.03)


async def waits(watch: Watch, reached: asyncio.Event) -> str:
    try:
        with watch.until(soon(5)):
            reached.set()
            await asyncio.sleep(5)
    except Closed:
        return "closed"
    return "over"


async def test_close_ends_the_wait_of_another_task_and_returns_after_it() -> None:
    watch, reached = Watch(), asyncio.Event()
    task = asyncio.create_task(waits(watch, reached))
    await reached.wait()
    await asyncio.gather(watch.close(), watch.close())
    assert await task == "closed"
    with pytest.raises(Closed), watch.until(None):
        pass


async def test_a_cancellation_from_outside_goes_through_even_beside_a_close() -> None:
    watch, reached = Watch(), asyncio.Event()
    task = asyncio.create_task(waits(watch, reached))
    await reached.wait()
    task.cancel()
    await watch.close()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_close_within_the_wait_itself_only_marks_it() -> None:
    watch = Watch()
    with watch.until(None):
        await watch.close()
    assert watch.closed


async def test_close_and_deadline_at_once_count_once() -> None:
    watch, reached = Watch(), asyncio.Event()

    async def wait() -> str:
        try:
            with watch.until(soon(0.01)):
                reached.set()
                try:
                    await asyncio.sleep(5)
                except asyncio.CancelledError:
                    await watch_closed.wait()
                    raise
        except DeadlinePassed:
            return "deadline"
        return "over"

    watch_closed = asyncio.Event()
    task = asyncio.create_task(wait())
    await asyncio.sleep(0.03)
    closing = asyncio.create_task(watch.close())
    await asyncio.sleep(0)
    watch_closed.set()
    await closing
    assert await task == "deadline"
