"""Asks upstreams for their balance, at rest every few minutes, and while there is none every few seconds."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from chatsite import database
from chatsite.environment import Environment
from conversations.accounting.calls import BALANCE_EXHAUSTED
from conversations.deepseek import BalanceUnavailable, UpstreamError
from conversations.models import UpstreamCall, WatchRules
from conversations.services import balance, duties, stale_alerts, standing
from conversations.services.upstreams import Place, places_of

logger = logging.getLogger(__name__)

DUTY = "balance"
LONGEST = timedelta(minutes=5)
"""What one round may take before another process begins the next one."""
_WHILE_EXHAUSTED = timedelta(seconds=15)


class BalanceWatch:
    """One in each process; the duty says whose turn it is."""

    def __init__(self, environment: Environment, *, hurry: Callable[[], None]) -> None:
        """`hurry` asks for a round at once."""
        places = places_of(environment)
        self._upstreams = {place.name for place in places}
        self._places = [place for place in places if place.is_deepseek]
        self._simulated = environment.demo
        self._hurry = hurry

    async def round(self) -> None:
        """Ask all accounts once, and say when the next round is due."""
        for place in self._places:
            await self._ask(place)
        await database.run(self._withdraw)
        await database.run(self._set_next)

    def _withdraw(self) -> None:
        accounts = {balance.reading_name(place.name, simulated=self._simulated) for place in self._places}
        stale_alerts.withdraw(self._upstreams, accounts)

    def _set_next(self) -> None:
        usual = timedelta(minutes=WatchRules.in_force().poll_minutes)
        # Where no balance can be asked for, a top-up is seen by the next answer alone.
        hopes = standing.current().exhausted & {place.name for place in self._places}
        duties.again(DUTY, _WHILE_EXHAUSTED if hopes else usual)

    async def _ask(self, place: Place) -> None:
        asked_at = datetime.now(UTC)
        try:
            async with place.client() as client:
                said = await client.balance()
        except BalanceUnavailable:
            return
        except UpstreamError as error:
            logger.warning("the balance at %s was not read: %s", place.name, error.log)
            return
        await database.run(balance.note, place.name, said, simulated=self._simulated, asked_at=asked_at)

    def concerns(self, call: UpstreamCall) -> bool:
        """Whether a call says anything about the balance that is not known. No query."""
        if call.error_code == BALANCE_EXHAUSTED:
            return True
        known = standing.peek()
        return known is not None and call.upstream in known.exhausted and call.first_token_at is not None

    async def called(self, call: UpstreamCall) -> None:
        """A call has ended that `concerns` this."""
        if call.error_code == BALANCE_EXHAUSTED:
            await database.run(balance.refused, call.upstream)
            self._hurry()
        else:
            await database.run(balance.answered, call.upstream, call.started_at)
