"""One guard for all the waits of a stream: they end when a deadline passes or when somebody closes the stream."""

from __future__ import annotations

import asyncio
from types import TracebackType
from typing import Literal, cast

from conversations.deepseek.clocks import Deadlines


class DeadlinePassed(Exception):
    """The wait took until the deadline."""


class Closed(Exception):
    """`close()` was called."""


class Watch:
    """`with watch.until(when): await ...` runs one wait at a time, `when` on the loop's clock, None for no deadline.

    It cancels the waiting task and turns that into DeadlinePassed or Closed, as `asyncio.timeout` does; a cancellation
    from outside goes through. One timer serves all waits. Under Deadlines, which only move away, `with watch:` is
    enough for each further wait: when the timer rings, it asks them and is set anew if it is too early.
    """

    __slots__ = (
        "_cancelling",
        "_deadline",
        "_deadlines",
        "_left",
        "_loop",
        "_reason",
        "_task",
        "_timer",
        "closed",
        "since",
    )

    def __init__(self) -> None:
        self.closed = False
        self.since = 0.0  # when the last wait began
        self._loop = asyncio.get_running_loop()
        self._timer: asyncio.TimerHandle | None = None
        self._deadline: float | None = None
        self._deadlines: Deadlines | None = None
        self._task: asyncio.Task[object] | None = None
        self._cancelling = 0
        self._reason: type[DeadlinePassed] | type[Closed] | None = None
        self._left: asyncio.Future[None] | None = None

    def until(self, deadline: float | None) -> Watch:
        self._deadlines = None
        self._deadline = deadline
        if deadline is not None:
            self._set_timer(deadline)
        return self

    def under(self, deadlines: Deadlines) -> Watch:
        """For this wait and for those that follow by `with watch:`; `rest()` when a deadline may have come nearer."""
        self._deadlines = deadlines
        self.rest()
        return self

    def rest(self) -> None:
        """Lets go of the timer; the next wait sets it again."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    async def close(self) -> None:
        """Ends the wait under way, if any, and all later ones; returns when its task has left it."""
        self.closed = True
        self.rest()
        if self._task is None or self._task is asyncio.current_task():
            return
        if self._left is None:
            self._left = self._loop.create_future()
        self._interrupt(Closed)
        await asyncio.shield(self._left)

    def __enter__(self) -> None:
        if self.closed:
            raise Closed
        self._task = task = cast("asyncio.Task[object]", asyncio.current_task(self._loop))  # an `await` is running
        self._cancelling = task.cancelling()
        self.since = self._loop.time()
        if self._timer is None and self._deadlines is not None:
            self._set_timer(self._deadlines.due(self.since))

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> Literal[False]:
        task, self._task = self._task, None
        if self._left is not None:
            self._left.set_result(None)
            self._left = None
        reason, self._reason = self._reason, None
        if reason is not None and task is not None and task.uncancel() <= self._cancelling:
            raise reason from None
        return False

    def _set_timer(self, when: float) -> None:
        self.rest()
        self._timer = self._loop.call_at(when, self._ring)

    def _ring(self) -> None:
        self._timer = None
        due = self._deadline if self._deadlines is None else self._deadlines.due(self.since)
        if self._task is None or due is None:
            return
        if self._loop.time() < due:
            self._set_timer(due)
        else:
            self._interrupt(DeadlinePassed)

    def _interrupt(self, reason: type[DeadlinePassed] | type[Closed]) -> None:
        if self._reason is None and self._task is not None:
            self._reason = reason
            self._task.cancel()
