"""Whether and when to ask again: a decision without side effects."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from conversations.deepseek.errors import UpstreamError


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """`attempts`: calls in all. `first_delay`, `cap` and `budget` in seconds: the first pause, the longest one, and the
    time from the first call within which a further one may start. `jitter`: share by which a pause varies.

    The figures are those of the official client.
    """

    attempts: int = 4
    first_delay: float = 0.5
    cap: float = 10.0
    jitter: float = 0.1
    budget: float = 60.0

    def delay_before_next(
        self, error: UpstreamError, attempt: int, elapsed: float, random: Callable[[], float]
    ) -> float | None:
        """Seconds to wait before the next call; None to give up.

        `attempt`: how many calls were made, `elapsed`: seconds since the first one began, `random`: gives 0 to 1. The
        caller asks only while nothing of the answer has been shown. An upstream that asks (Retry-After) to be left
        alone for longer than `cap` is left alone: the person is told how long.
        """
        if not error.retryable or error.permanent or attempt >= self.attempts:
            return None
        if error.retry_after is not None and error.retry_after > self.cap:
            return None
        delay = self._backoff(attempt, random()) if error.retry_after is None else error.retry_after
        return delay if elapsed + delay <= self.budget else None

    def _backoff(self, attempt: int, chance: float) -> float:
        pause = min(self.cap, self.first_delay * 2.0 ** min(attempt - 1, 64))
        return pause * (1.0 + self.jitter * (2.0 * chance - 1.0))
