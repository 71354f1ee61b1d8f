"""Fixtures that let no test hold up the event loop, for folders whose tests run what serves people live."""

from __future__ import annotations

import asyncio
import gc
import threading
from asyncio import BaseEventLoop
from collections.abc import Iterator
from weakref import WeakSet

import pytest

from chatsite.loop_monitor import Block, LoopMonitor
from chatsite.server import load_ahead
from tests.loop import LOOP_LIMIT, is_ours


@pytest.fixture(scope="module")
def _blocks() -> Iterator[list[Block]]:
    """What held up an event loop of the tests, which are prepared for it as the server is."""
    load_ahead()
    gc.collect()
    gc.freeze()
    blocks: list[Block] = []
    monitor = LoopMonitor(limit=LOOP_LIMIT, on_block=blocks.append)
    followed: WeakSet[asyncio.AbstractEventLoop] = WeakSet()
    run_forever = BaseEventLoop.run_forever

    def run_and_follow(loop: BaseEventLoop) -> None:
        if loop not in followed and threading.current_thread() is threading.main_thread():
            followed.add(loop)
            monitor.follow(loop, lambda lag: None)
        run_forever(loop)

    monitor.start()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(BaseEventLoop, "run_forever", run_and_follow)
        yield blocks
    monitor.stop()


@pytest.fixture(autouse=True)
def _loop_is_free(_blocks: list[Block]) -> Iterator[None]:
    """The event loop is never held up by the server."""
    _blocks.clear()
    yield
    assert not [str(block) for block in _blocks if is_ours(block)]
