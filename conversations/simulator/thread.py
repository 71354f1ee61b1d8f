"""A simulator on a thread of its own, for callers that have no event loop."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import Future
from typing import Any

from .server import Simulator


class SimulatorThread:
    """`with SimulatorThread(speed=50) as simulator:` gives a running Simulator; arguments are its own.

    Its attributes may be read and set from any thread; its coroutines belong to its own loop.
    """

    def __init__(self, **arguments: Any) -> None:
        self._simulator = Simulator(**arguments)
        self._started: Future[asyncio.AbstractEventLoop] = Future()
        self._stop = asyncio.Event()
        self._thread = threading.Thread(target=self._run, name="simulator", daemon=True)

    def __enter__(self) -> Simulator:
        self._thread.start()
        self._started.result()
        return self._simulator

    def __exit__(self, *_: object) -> None:
        self._started.result().call_soon_threadsafe(self._stop.set)
        self._thread.join()

    def _run(self) -> None:
        asyncio.run(self._serve())

    async def _serve(self) -> None:
        try:
            async with self._simulator:
                self._started.set_result(asyncio.get_running_loop())
                await self._stop.wait()
        except OSError as error:
            if self._started.done():
                raise
            self._started.set_exception(error)
