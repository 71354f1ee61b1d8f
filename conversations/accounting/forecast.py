"""When a balance runs out, from how it fell. Pure: `Decimal` in, `Decimal` out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise

Reading = tuple[datetime, Decimal]
"""When, and how much there was."""

WINDOWS = (7, 30)
"""Days that forecasts are made from."""
_DAY = timedelta(days=1)
_SHORTEST = timedelta(hours=6)
"""What is known for less than this says nothing about days."""
_FARTHEST = 3650
"""Days: beyond them no day is named."""


@dataclass(frozen=True, slots=True)
class Forecast:
    """`spent`: what the account lost in the last `days` days, or since the first reading if that is later; `known`:
    how many days that were. `left` in days and the `day` on which it ends are None when nothing was spent, when too
    little is known, and beyond ten years."""

    days: int
    known: Decimal
    spent: Decimal
    a_day: Decimal
    left: Decimal | None
    day: date | None


def forecast(readings: Sequence[Reading], days: int, now: datetime) -> Forecast | None:
    """From the readings of one account and currency, oldest first, as they were up to `now`. None without any.

    Only falls are counted: what the balance rose by was paid in. What was spent between two readings with a payment
    between them is seen as far as the payment leaves it visible.
    """
    if not readings:
        return None
    window = [reading for reading in readings if reading[0] > now - days * _DAY]
    before = [reading for reading in readings if reading[0] <= now - days * _DAY]
    if before:
        # What the balance was when the window began.
        window.insert(0, (now - days * _DAY, before[-1][1]))
    spent = fallen(amount for _, amount in window)
    known = now - window[0][0]
    share = Decimal(known // timedelta(seconds=1)) / Decimal(86_400)
    if known < _SHORTEST or not spent:
        return Forecast(days, share, spent, Decimal(0), None, None)
    a_day = spent / share
    left = max(Decimal(0), readings[-1][1]) / a_day
    if left > _FARTHEST:
        return Forecast(days, share, spent, a_day, None, None)
    return Forecast(days, share, spent, a_day, left, (now + timedelta(seconds=int(left * 86_400))).date())


def fallen(amounts: Iterable[Decimal]) -> Decimal:
    """The sum of all falls from one amount to the next."""
    return sum((before - after for before, after in pairwise(amounts) if after < before), Decimal(0))


def soonest(forecasts: Iterable[Forecast | None]) -> Forecast | None:
    """The one that ends first, of those that name an end."""
    ending = [each for each in forecasts if each is not None and each.left is not None]
    return min(ending, key=lambda each: each.left or Decimal(0), default=None)
