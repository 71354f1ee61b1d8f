"""What the site watches over itself: balance, failures, how quick the upstream is, moderation. One in each process."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from functools import partial

from chatsite import database
from chatsite.environment import Environment
from conversations.accounting import call_hours
from conversations.models import UpstreamCall
from conversations.services import balance, balance_watch, incidents, moderation
from conversations.services.balance_watch import BalanceWatch
from conversations.services.watchman import Duty, Watchman

MODERATION, INCIDENTS, CALL_HOURS = "moderation", "incidents", "call_hours"

_CHECK_EVERY = timedelta(seconds=30)


class SiteWatch:
    """Puts the duties together, and hurries those that a call concerns."""

    def __init__(self, environment: Environment) -> None:
        self._balance = BalanceWatch(environment, hurry=lambda: self._watchman.hurry(balance_watch.DUTY))
        self._watchman = Watchman(
            (
                Duty(balance_watch.DUTY, balance_watch.LONGEST, self._balance.round),
                Duty(INCIDENTS, _CHECK_EVERY, self._check_incidents),
                Duty(CALL_HOURS, timedelta(minutes=2), _count_hours),
                Duty(MODERATION, timedelta(minutes=1), partial(database.run, moderation.collect)),
            )
        )

    async def watch(self) -> None:
        """Until cancelled."""
        await self._watchman.watch()

    def concerns(self, calls: Iterable[UpstreamCall]) -> bool:
        """Whether calls that have ended ask for anything to be done at once. No query."""
        return any(self._balance.concerns(call) or moderation.is_content_end(call) for call in calls)

    async def called(self, calls: Iterable[UpstreamCall]) -> None:
        """Calls have ended and are in the ledger."""
        for call in calls:
            if self._balance.concerns(call):
                await self._balance.called(call)
            if moderation.is_content_end(call):
                self._watchman.hurry(MODERATION)

    async def _check_incidents(self) -> None:
        await database.run(incidents.check)
        # Answers say so themselves; titles and summaries are seen here.
        if await database.run(balance.was_refused, datetime.now(UTC) - 2 * _CHECK_EVERY):
            self._watchman.hurry(balance_watch.DUTY)


async def _count_hours() -> None:
    for since, until in await database.run(lambda: list(call_hours.stale(datetime.now(UTC)))):
        await database.run(call_hours.count, since, until)
