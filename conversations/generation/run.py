"""One attempt of one generation, running: from upstream events to frames, and to an outcome.

A run belongs to no socket. Receivers come and go; the run goes on.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Protocol

from conversations.deepseek import (
    CallRecord,
    ChatStream,
    DeepSeekClient,
    EmptyAnswer,
    End,
    Event,
    Queued,
    ReasoningDelta,
    ReasoningOnly,
    RetryScheduled,
    TextDelta,
    UpstreamError,
)
from conversations.generation import failures, frames, upstream
from conversations.generation.figures import figures
from conversations.generation.job import Job
from conversations.generation.lifecycle import Status
from conversations.generation.outcome import Outcome
from conversations.generation.transcript import Piece, Transcript
from conversations.models import UpstreamCall

_SLOW = 1.5
"""Frames that are further apart than so many intervals come from a slow stream: nothing would gather in a rest. One
interval and what the loop is late: at two, 500 streams of 10 deltas a second rested half of the time for nothing."""
_CATCH_UP = 200
"""A receiver that missed more frames than this gets a snapshot: one frame instead of many."""


class Receiver(Protocol):
    """Somebody who watches a run. The frame is JSON text, shared by all receivers."""

    @property
    def behind(self) -> bool:
        """Whether further pieces are better left out for now; a snapshot makes up for them."""

    def receive(self, frame: bytes) -> None:
        """Take a frame. Must not block."""


class Run:
    """Folds events into frames: the first leaves at once, and between two of them the run rests for the frame interval,
    unless they are far apart anyway.

    What comes meanwhile waits in the connection and is read in one go: one wake-up, one frame, one write for all of it.
    """

    def __init__(
        self,
        job: Job,
        *,
        frame_interval: Callable[[], float],
        simulated: bool,
        may_send: Callable[[], bool] = lambda: True,
    ) -> None:
        """`frame_interval`: the seconds between two frames, asked for after each.

        `may_send` is asked before each frame: whether this process can be sure that it owns the generation. If not,
        nobody gets it.
        """
        self.job = job
        self.transcript = Transcript(text=job.text, reasoning=job.reasoning)
        self._message = str(job.message_id)
        self._frame_interval = frame_interval
        self._simulated = simulated
        self._may_send = may_send
        self._receivers: set[Receiver] = set()
        self._left_out: set[Receiver] = set()  # receivers that lack frames
        self._last_frame = 0.0
        self._started = time.monotonic()
        self._reasoning_from: float | None = None
        self._reasoning_to: float | None = None
        self._calls: list[CallRecord] = []
        self._task: asyncio.Task[None] | None = None
        self._queued: frames.Queued | None = None  # while it waits for its turn
        self._queued_from = 0.0
        self._stopping = False
        self._silent = False

    # --- watching -------------------------------------------------------------------------------------------------

    def attach(self, receiver: Receiver, seen: tuple[int, int] | None) -> None:
        """Send what `receiver` lacks (`seen`: the attempt and seq that it shows) and every frame from now on."""
        self._receivers.add(receiver)
        missed = None
        if seen is not None and seen[0] == self.job.attempt:
            missed = self.transcript.missed(seen[1], most=_CATCH_UP)
        for frame in [self._snapshot()] if missed is None else [self._delta(piece) for piece in missed]:
            receiver.receive(frames.encode(frame))
        if self._queued is not None:
            receiver.receive(frames.encode(self._queued))

    def detach(self, receiver: Receiver) -> None:
        self._receivers.discard(receiver)
        self._left_out.discard(receiver)

    # --- how it goes ----------------------------------------------------------------------------------------------

    @property
    def is_queued(self) -> bool:
        """Whether it waits for its turn at the upstream."""
        return self._queued is not None

    @property
    def began(self) -> float:
        """On the monotonic clock."""
        return self._started

    @property
    def progressed(self) -> float:
        """When the last frame left, or else the run began or got its turn, on the monotonic clock."""
        return max(self._last_frame, self._started, self._queued_from)

    # --- ending from outside --------------------------------------------------------------------------------------

    def stop(self) -> None:
        """The person wants no more: close the upstream connection and end as stopped, with the text so far."""
        if self._stopping:
            return
        self._stopping = True
        if self._task is not None:
            self._task.cancel()

    def abandon(self) -> None:
        """Another owner has this generation now: send nothing more and end without a word.

        A run whose production is over is left alone: its end is being written, and that write is guarded by itself.
        """
        self._silent = True
        if self._task is None:
            return
        self._receivers.clear()
        self._left_out.clear()
        self._task.cancel()

    # --- running --------------------------------------------------------------------------------------------------

    async def produce(self, client: DeepSeekClient, user: str) -> Outcome:
        """Run the attempt to its end. Raises CancelledError only when the run was abandoned or its process shuts
        down.
        """
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - a coroutine always runs in a task
        if self._silent:
            raise asyncio.CancelledError
        self._task = task
        end: End | None = None
        try:
            async with client.stream(upstream.request_of(self.job, user=user)) as stream:
                self._calls = stream.calls
                try:
                    if not self._stopping:
                        end = await self._read(stream)
                except asyncio.CancelledError:
                    if not self._stopping or self._silent:
                        raise
                    task.uncancel()
        finally:
            self._task = None
        status, error_code = self._verdict(end)
        return self._outcome(status, error_code, end)

    def fault(self, error_code: str) -> Outcome:
        """The outcome of a run that ended by an exception, with the text so far and the calls that were made."""
        return self._outcome(Status.FAILED, error_code, None)

    async def _read(self, stream: ChatStream) -> End | None:
        end: End | None = None
        async for batch in stream:
            came = time.monotonic()  # not the loop's clock: uvloop's stands still within a turn
            for event in batch:
                if isinstance(event, End):
                    end = event
                else:
                    self._take(event)
            last = self._last_frame
            if self._send_frame():
                figures.added_latency.add(self._last_frame - came)
                interval = self._frame_interval()
                if end is None and self._last_frame - last < _SLOW * interval:
                    await stream.rest(interval)
        return end

    def _take(self, event: Event) -> None:
        if isinstance(event, TextDelta):
            if self._reasoning_from is not None and self._reasoning_to is None:
                self._reasoning_to = time.monotonic()
            self.transcript.add(text=event.text)
        elif isinstance(event, ReasoningDelta):
            if self._reasoning_from is None:
                self._reasoning_from = time.monotonic()
            self.transcript.add(reasoning=event.text)
        elif isinstance(event, RetryScheduled):
            figures.retries += 1
            self._broadcast(frames.Retrying(self._message, self.job.attempt, event.delay, failures.retrying(event)))
        elif isinstance(event, Queued):
            self._take_place(event)

    def _take_place(self, event: Queued) -> None:
        now = time.monotonic()
        if self._queued is None:
            self._queued_from = now
        queued = frames.Queued(self._message, event.position)
        self._queued = queued if event.position else None
        if self._queued is None:
            figures.queue_wait.add(now - self._queued_from)
            self._queued_from = now
        self._broadcast(queued)

    def _send_frame(self) -> bool:
        """Send what waits. False when nothing does."""
        piece = self.transcript.take_frame()
        if piece is None:
            return False
        if not self._may_send():
            self._left_out |= self._receivers
        elif self._receivers and not self._silent:
            encoded = frames.encode(self._delta(piece))
            for receiver in tuple(self._receivers):
                self._hand(receiver, encoded)
        self._last_frame = time.monotonic()
        if piece.seq == 1:
            figures.first_token.add(self._last_frame - self._started)
        return True

    def _hand(self, receiver: Receiver, delta: bytes) -> None:
        """A reader that is behind is left alone until it has caught up: it gets one snapshot for what it lacks."""
        if receiver.behind:
            self._left_out.add(receiver)
        elif receiver in self._left_out:
            self._left_out.discard(receiver)
            receiver.receive(frames.encode(self._snapshot()))
        else:
            receiver.receive(delta)

    def make_up(self) -> None:
        """Nothing follows soon: who lacks something gets it now, however far behind it is."""
        if self._left_out and self._may_send():
            snapshot = frames.encode(self._snapshot())
            for receiver in self._left_out:
                receiver.receive(snapshot)
            self._left_out.clear()

    def _broadcast(self, frame: frames.Queued | frames.Retrying) -> None:
        if not self._receivers:
            return
        encoded = frames.encode(frame)
        for receiver in tuple(self._receivers):
            receiver.receive(encoded)

    def _delta(self, piece: Piece) -> frames.Delta:
        return frames.Delta(self._message, self.job.attempt, piece.seq, piece.reasoning, piece.text)

    def _snapshot(self) -> frames.Snapshot:
        figures.snapshots += 1
        piece = self.transcript.snapshot()
        return frames.Snapshot(self._message, self.job.attempt, piece.seq, piece.reasoning, piece.text)

    # --- the end --------------------------------------------------------------------------------------------------

    def _outcome(self, status: Status, error_code: str, end: End | None) -> Outcome:
        self._send_frame()
        self.make_up()
        whole = self.transcript.snapshot()
        return Outcome(
            status=status,
            seq=whole.seq,
            text=whole.text,
            reasoning=whole.reasoning,
            finish_reason=upstream.label(end.finish_reason if end else None, 64),
            error_code=error_code,
            upstream=end.upstream if end else "",
            ended_at=datetime.now(UTC),
            duration_ms=self.job.duration_ms + int((time.monotonic() - self._started) * 1000),
            reasoning_ms=self._reasoning_ms(),
            calls=tuple(self._ledger_row(call, whole) for call in self._calls),
        )

    def _verdict(self, end: End | None) -> tuple[Status, str]:
        if end is None:
            return Status.STOPPED, ""
        if end.error is None or self._had_ended(end.error):
            return Status.COMPLETE, ""
        return Status.FAILED, end.error.code

    def _had_ended(self, error: UpstreamError) -> bool:
        """Whether a continuation found nothing to add: the answer so far was whole."""
        return isinstance(error, EmptyAnswer | ReasoningOnly) and bool(self.job.text)

    def _ledger_row(self, call: CallRecord, whole: Piece) -> UpstreamCall:
        sent, received = 0, ""
        if call.usage is None:
            # Only the last call can have brought text: there is no retry after the first visible byte.
            sent = upstream.sent_by(self.job)
            received = whole.reasoning[len(self.job.reasoning) :] + whole.text[len(self.job.text) :]
        return upstream.ledger_row(
            call,
            user_id=self.job.user_id,
            purpose=UpstreamCall.Purpose.ANSWER,
            model=self.job.model,
            simulated=self._simulated,
            generation=self.job.message_id,
            attempt=self.job.attempt,
            sent=sent,
            received=received,
        )

    def _reasoning_ms(self) -> int | None:
        before = self.job.reasoning_ms
        if self._reasoning_from is None:
            return before
        return (before or 0) + int(((self._reasoning_to or time.monotonic()) - self._reasoning_from) * 1000)
