"""The engine of one process: runs generations as tasks of their own and writes down what they produce.

The engine takes jobs after their transaction has committed. Its collaborators (client, database runner, what to do
after an end) are handed in by whoever puts the process together.
"""

from __future__ import annotations

import asyncio
import contextvars
import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import Error as DatabaseError
from django.db import InterfaceError, OperationalError
from django.utils import translation

from chatsite import database
from conversations.deepseek import DeepSeekClient, UpstreamError
from conversations.generation import recorder, upstream
from conversations.generation.figures import figures
from conversations.generation.job import Job
from conversations.generation.outcome import Outcome
from conversations.generation.pulse import Pulse
from conversations.generation.run import Receiver, Run
from conversations.models import Generation, UpstreamCall

logger = logging.getLogger(__name__)

_SAVE_DELAYS = (0.2, 0.5, 1, *(2,) * 120)
"""Seconds between tries to write an end down: an outage of the database of four minutes loses no answer."""


@dataclass(frozen=True, kw_only=True)
class Pace:
    """The engine's clocks, in seconds."""

    frame_interval: float
    """Between two frames of an answer, as long as few run."""
    checkpoint_interval: float
    lease: float

    def frame_interval_for(self, running: int) -> float:
        """Grows with the answers that run at once, up to double from `_CROWD` on: what comes in the interval shares a
        wake-up, a frame and a write, so that a crowd costs little more than a few.
        """
        return self.frame_interval * (1 + min(1.0, running / _CROWD))


_CROWD = 50


@dataclass(frozen=True, slots=True)
class Load:
    """Generations of one process: in work, waiting for their turn at the upstream, and `stalled`, of either kind:
    without a new piece for `STALLED_AFTER` seconds although it is their turn, or with a lease that ran out."""

    running: int
    queued: int
    stalled: int


STALLED_AFTER = 60.0
"""Seconds. A model may think for long, but it says so: reasoning is text too."""

_LAST_SAVE = 1.2
"""Seconds that a database that is away can hold up a shutdown, twice."""

_LAST_WORD = 0.4
"""Seconds for writing down and announcing what has ended when the time for running answers is over."""

AfterEnd = Callable[[Job, Generation], Awaitable[None]]
AfterCalls = Callable[[Sequence[UpstreamCall]], None]


class Engine:
    """All running generations of this process. Use from one event loop."""

    def __init__(
        self,
        *,
        owner: str,
        client: DeepSeekClient,
        pace: Pace,
        pseudonym_key: str,
        simulated: bool,
        after_end: AfterEnd,
        after_calls: AfterCalls = lambda calls: None,
    ) -> None:
        """`owner` names this process in the database; `after_end` is awaited once the end is committed, and before it
        `after_calls` learns of the calls that are in the ledger now; it must not block."""
        self.owner = owner
        self._client = client
        self._pace = pace
        self._pseudonym_key = pseudonym_key
        self._simulated = simulated
        self._after_end = after_end
        self._after_calls = after_calls
        self._runs: dict[UUID, Run] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._checkpoints: asyncio.Task[None] | None = None
        self._saving = asyncio.Lock()
        self._pulse = Pulse(pace.lease / 2)
        self._next_beat: asyncio.TimerHandle | None = None
        self._is_over = False
        self._renewed = time.monotonic()  # the leases

    @property
    def running(self) -> int:
        return len(self._runs)

    @property
    def frame_interval(self) -> float:
        """Seconds between two frames of an answer, with as many as run now."""
        return self._pace.frame_interval_for(len(self._runs))

    @property
    def load(self) -> Load:
        """What the running generations do at this moment."""
        now = time.monotonic()
        runs = self._runs.values()
        queued = sum(run.is_queued for run in runs)
        if now - self._renewed > self._pace.lease and any(now - run.began > self._pace.lease for run in runs):
            # Nobody vouches for them any more: another process may have them by now.
            return Load(running=len(runs) - queued, queued=queued, stalled=len(runs))
        stalled = sum(not run.is_queued and now - run.progressed > STALLED_AFTER for run in runs)
        return Load(running=len(runs) - queued, queued=queued, stalled=stalled)

    def start(self, job: Job) -> Run:
        """Run `job` in a task of its own, which outlives the request that brought it.

        Once drained, the engine leaves it to another process.
        """
        run = Run(
            job, frame_interval=lambda: self.frame_interval, simulated=self._simulated, may_send=self._pulse.is_sure
        )
        if self._is_over:
            return run
        replaced = self._runs.get(job.message_id)
        if replaced is not None:
            # This process was paused, lost the generation and got it again.
            replaced.abandon()
        if not self._runs:
            self._pulse.restart()
        self._runs[job.message_id] = run
        if self._next_beat is None:
            self._beat()
        self._spawn(self._produce(run))
        if self._checkpoints is None or self._checkpoints.done():
            self._checkpoints = self._spawn(self._keep_checkpoints())
        return run

    def attach(self, message_id: UUID, receiver: Receiver, seen: tuple[int, int] | None) -> bool:
        """Let `receiver` watch a running generation. False when this process does not run it."""
        run = self._runs.get(message_id)
        if run is None:
            return False
        run.attach(receiver, seen)
        return True

    def detach(self, message_id: UUID, receiver: Receiver) -> None:
        run = self._runs.get(message_id)
        if run is not None:
            run.detach(receiver)

    def stop(self, message_id: UUID) -> bool:
        """End a generation as stopped. False when this process does not run it."""
        run = self._runs.get(message_id)
        if run is None:
            return False
        run.stop()
        return True

    async def drain(self, grace: float) -> bool:
        """Let running generations finish for up to `grace` seconds; what still runs then is handed over at once.

        What has come to its end and is being written down gets a moment more. False when that was too short: an end may
        get written of which nobody is told.
        """
        ends = [task for task in self._tasks if task is not self._checkpoints]
        if ends and grace > 0:
            await asyncio.wait(ends, timeout=grace)
        try:
            async with asyncio.timeout(_LAST_SAVE):
                await self._save_now()
        except (DatabaseError, TimeoutError) as error:
            logger.warning("the last checkpoint was not saved (%s)", type(error).__name__)
        self._is_over = True
        for run in tuple(self._runs.values()):
            run.abandon()
        if self._checkpoints is not None:
            self._checkpoints.cancel()
        ends = [*self._tasks]
        late = (await asyncio.wait(ends, timeout=_LAST_WORD))[1] if ends else ()
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)
        await self.hand_over()
        return not late

    async def hand_over(self) -> None:
        """Give up what this process still owns, so that others need not wait for leases to run out."""
        try:
            async with asyncio.timeout(_LAST_SAVE):
                await database.run(recorder.release, self.owner)
        except (DatabaseError, TimeoutError) as error:
            logger.warning("the leases were not given up and have to run out (%s)", type(error).__name__)

    # --- one generation -------------------------------------------------------------------------------------------

    def _spawn(self, work: Awaitable[None]) -> asyncio.Task[None]:
        # A fresh context: a task that inherits a request's would find asgiref's executor ended under it.
        task = asyncio.get_running_loop().create_task(_awaited(work), context=contextvars.Context())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        task.add_done_callback(_report)
        return task

    async def _produce(self, run: Run) -> None:
        job = run.job
        translation.activate(job.language)  # for this task, whose context is its own
        try:
            outcome = await self._outcome(run)
            figures.called(outcome.calls)
            ended = await self._write_end(job, outcome)
            self._after_calls(outcome.calls)
        finally:
            if self._runs.get(job.message_id) is run:
                del self._runs[job.message_id]
        if ended is not None:
            await self._after_end(job, ended)

    async def _outcome(self, run: Run) -> Outcome:
        try:
            return await run.produce(self._client, upstream.pseudonym(run.job.user_id, self._pseudonym_key))
        except UpstreamError as error:
            # Found by the client before anything was sent.
            logger.warning("generation %s was not sent: %s", run.job.message_id, error.log)
            return run.fault(error.code)
        except Exception:  # the outermost edge of the task: a fault of ours must not leave a spinner for ever
            logger.exception("generation %s failed by a fault of the server", run.job.message_id)
            return run.fault("server_fault")

    async def _write_end(self, job: Job, outcome: Outcome) -> Generation | None:
        """Write the end down; while the database is away the answer waits in memory and is written when it is back."""
        for delay in (*_SAVE_DELAYS, None):
            try:
                return await database.run(recorder.finish, self.owner, job, outcome)
            except (OperationalError, InterfaceError) as error:
                logger.warning("generation %s: the end is not saved yet (%s)", job.message_id, type(error).__name__)
                if delay is None:
                    raise
                await asyncio.sleep(delay)
        raise AssertionError("unreachable")

    # --- checkpoints ----------------------------------------------------------------------------------------------

    async def _keep_checkpoints(self) -> None:
        """Once an interval, as long as anything runs: append what is new, renew the leases, learn of stops."""
        while self._runs:
            await asyncio.sleep(self._pace.checkpoint_interval)
            try:
                await self._save_now()
            except DatabaseError as error:
                logger.warning("checkpoints wait for the database (%s)", type(error).__name__)
            except Exception:  # the outermost edge: whatever one round fails by, the next one renews the leases
                logger.exception("checkpoints failed by a fault of the server")

    async def _save_now(self) -> None:
        # One at a time: two at once would take the same text as new.
        async with self._saving:
            await self._save(dict(self._runs))

    async def _save(self, runs: dict[UUID, Run]) -> None:
        if not runs:
            return
        pieces = [(run, piece) for run in runs.values() if (piece := run.transcript.unsaved()) is not None]
        began = time.monotonic()
        running = {message_id: run.job.attempt for message_id, run in runs.items()}
        renewal = await database.run(
            recorder.renew, self.owner, self._pace.lease, running, [(run.job, piece) for run, piece in pieces]
        )
        self._renewed = began
        figures.checkpoint_sizes.add(len(pieces))
        figures.checkpoint_times.add(time.monotonic() - began)
        for run, piece in pieces:
            run.transcript.mark_saved(piece.seq)
        for message_id, run in runs.items():
            if self._runs.get(message_id) is not run:
                continue
            if renewal.owned.get(message_id) != run.job.attempt:
                run.abandon()
            elif message_id in renewal.stop_requested:
                run.stop()
        if self._pulse.confirm(began):
            for run in self._runs.values():
                run.make_up()

    def _beat(self) -> None:
        """As long as anything runs, so that silence of the upstream is not taken for a pause of this process."""
        self._pulse.is_sure()
        self._next_beat = (
            asyncio.get_running_loop().call_later(self._pace.lease / 8, self._beat) if self._runs else None
        )


async def _awaited(work: Awaitable[None]) -> None:
    await work


def _report(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and (error := task.exception()) is not None:
        logger.error("a task of the engine failed", exc_info=error)
