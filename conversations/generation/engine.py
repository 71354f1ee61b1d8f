"""The engine of one process: runs generations as tasks of their own and writes down what they produce.

The engine takes jobs after their transaction has committed. Its collaborators (client, database runner, what to do
after an end) are handed in by whoever puts the process together.
"""

from __future__ import annotations

import asyncio
import contextvars
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from django.db import Error as DatabaseError

from chatsite import database
from conversations.deepseek import DeepSeekClient, UpstreamError
from conversations.generation import recorder, upstream
from conversations.generation.job import Job
from conversations.generation.lifecycle import Status
from conversations.generation.outcome import Outcome
from conversations.generation.run import Receiver, Run
from conversations.models import Generation

logger = logging.getLogger(__name__)

_SAVE_DELAYS = (0.2, 0.5, 1, 2, 5, 10, 20, 20, 30, 30, 60, 60)
"""Seconds between tries to write an end down: an outage of the database of four minutes loses no answer."""


@dataclass(frozen=True, kw_only=True)
class Pace:
    """The engine's clocks, in seconds."""

    frame_interval: float
    checkpoint_interval: float
    lease: float


AfterEnd = Callable[[Job, Generation], Awaitable[None]]


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
    ) -> None:
        """`owner` names this process in the database; `after_end` is awaited once the end is committed."""
        self.owner = owner
        self._client = client
        self._pace = pace
        self._pseudonym_key = pseudonym_key
        self._simulated = simulated
        self._after_end = after_end
        self._runs: dict[UUID, Run] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._checkpoints: asyncio.Task[None] | None = None

    @property
    def running(self) -> int:
        return len(self._runs)

    def start(self, job: Job) -> Run:
        """Run `job` in a task of its own. It outlives the request that brought it."""
        run = Run(job, frame_interval=self._pace.frame_interval, simulated=self._simulated)
        self._runs[job.message_id] = run
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

    async def drain(self, grace: float) -> None:
        """Let running generations finish for up to `grace` seconds; what still runs then is left to a takeover."""
        ends = [task for task in self._tasks if task is not self._checkpoints]
        if ends and grace > 0:
            await asyncio.wait(ends, timeout=grace)
        await self._save_now()
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    # --- one generation -------------------------------------------------------------------------------------------

    def _spawn(self, work: Awaitable[None]) -> asyncio.Task[None]:
        # A fresh context: a task that inherits a request's would find asgiref's executor ended under it.
        task = asyncio.get_running_loop().create_task(_awaited(work), context=contextvars.Context())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _produce(self, run: Run) -> None:
        job = run.job
        try:
            outcome = await self._outcome(run)
            ended = await self._write_end(job, outcome)
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
            return _fault(run, error.code)
        except Exception:  # the outermost edge of the task: a fault of ours must not leave a spinner for ever
            logger.exception("generation %s failed by a fault of the server", run.job.message_id)
            return _fault(run, "server_fault")

    async def _write_end(self, job: Job, outcome: Outcome) -> Generation | None:
        """Write the end down; while the database is away the answer waits in memory and is written when it is back."""
        for delay in (*_SAVE_DELAYS, None):
            try:
                return await database.run(recorder.finish, self.owner, job, outcome)
            except DatabaseError as error:
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

    async def _save_now(self) -> None:
        runs = dict(self._runs)
        if not runs:
            return
        pieces = [(run, piece) for run in runs.values() if (piece := run.transcript.unsaved()) is not None]
        renewal = await database.run(
            recorder.renew, self.owner, self._pace.lease, [(run.job, piece) for run, piece in pieces]
        )
        for run, piece in pieces:
            run.transcript.mark_saved(piece.seq)
        for message_id, run in runs.items():
            if self._runs.get(message_id) is not run:
                continue
            if renewal.owned.get(message_id) != run.job.attempt:
                run.abandon()
            elif message_id in renewal.stop_requested:
                run.stop()


async def _awaited(work: Awaitable[None]) -> None:
    await work


def _fault(run: Run, error_code: str) -> Outcome:
    whole = run.transcript.snapshot()
    return Outcome(
        status=Status.FAILED,
        seq=whole.seq,
        text=whole.text,
        reasoning=whole.reasoning,
        error_code=error_code,
        ended_at=datetime.now(UTC),
        duration_ms=0,
        reasoning_ms=None,
    )
