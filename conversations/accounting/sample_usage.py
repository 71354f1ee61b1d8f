"""Usage that never happened, for demonstrations and measurements: calls as they would be after some months of an
organization's life.

The same seed gives the same usage. Weekends and nights are quiet, some people ask a hundred times as much as others,
some calls fail, are stopped, filtered or refused for want of balance. Amounts are what the tariff says, to the unit.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from itertools import accumulate
from random import Random
from typing import NamedTuple
from uuid import UUID

from conversations.accounting.prices import SMALLEST_AMOUNT, Tariff, price_at
from conversations.deepseek.calls import FIRST

MODELS = ("deepseek-flash", "deepseek-v4-pro")
_PRO = 0.2
"""Part of the answers that the dearer model gives."""
_TITLES = 0.15
_SUMMARIES = 0.01
_CALLS_A_DAY = 6
"""Of a person on a day on which they ask at all, on average."""
_WEEKEND = 0.12
_HOURS = (1, 1, 1, 1, 1, 2, 6, 20, 60, 90, 100, 90, 60, 80, 95, 90, 70, 40, 20, 12, 10, 8, 4, 2)
"""How much is asked in each hour (UTC) of a day."""
_ENDS: tuple[tuple[int, str, str, int | None, bool, bool], ...] = (
    # weight, finish reason, error, HTTP status, whether tokens came, whether they are an estimate
    (940, "stop", "", 200, True, False),
    (14, "length", "", 200, True, False),
    (16, "stopped", "", 200, True, True),
    (4, "content_filter", "content_filter", 200, True, False),
    (2, "insufficient_system_resource", "out_of_capacity", 200, True, False),
    (3, "", "truncated", 200, True, True),
    (2, "", "stalled", 200, True, True),
    (1, "", "interrupted", None, True, True),
    (6, "", "overloaded", 503, False, False),
    (5, "", "rate_limited", 429, False, False),
    (3, "", "unreachable", None, False, False),
    (1, "", "moderation", 400, False, False),
    (1, "", "server_error", 500, False, False),
)
_NO_BALANCE = (1, "", "balance_exhausted", 402, False, False)
_BROKE = 97
"""Every so many days the balance is used up for two hours."""


class SampleCall(NamedTuple):
    """A row of the ledger, by the names of its columns. Times are aware UTC."""

    id: UUID
    user_ref: UUID
    generation_ref: UUID | None
    purpose: str
    model_asked: str
    model_served: str
    queued_at: datetime
    started_at: datetime
    first_token_at: datetime | None
    ended_at: datetime
    http_status: int | None
    finish_reason: str
    error_code: str
    cache_hit_tokens: int
    cache_miss_tokens: int
    output_tokens: int
    reasoning_tokens: int
    price_id: int | None
    peak: bool
    cost: Decimal | None
    currency: str
    estimated: bool
    attempt: int = 1
    number: int = 1
    upstream: str = FIRST
    trace_id: str = ""
    simulated: bool = False


@dataclass
class Sample:
    """Usage of `people` on the `days` days before `until`, that day not included: `calls` calls in all."""

    people: Sequence[UUID]
    calls: int
    days: int
    until: date
    tariff: Tariff
    random: Random
    _rates: dict[tuple[str, int], _Rate | None] = field(default_factory=dict)

    def by_day(self) -> Iterator[list[SampleCall]]:
        """The calls of one day after the other, each in the order in which they began."""
        # A person's share goes down with their place: the first of 20,000 asks about 200 times as often as the last.
        self._weights = list(accumulate(1 / (place + 25) ** 0.8 for place in range(len(self.people))))
        first = self.until - timedelta(days=self.days)
        days = [first + timedelta(days=number) for number in range(self.days)]
        shares = list(accumulate(_WEEKEND if day.weekday() > 4 else 1.0 for day in days))
        done = 0
        for day, share in zip(days, shares, strict=True):
            upto = round(self.calls * share / shares[-1])
            yield self._day(day, upto - done)
            done = upto

    def _day(self, day: date, number: int) -> list[SampleCall]:
        if not number:
            return []
        random, midnight = self.random, datetime.combine(day, time.min, UTC)
        active = random.choices(self.people, cum_weights=self._weights, k=max(1, number // _CALLS_A_DAY))
        hours = random.choices(range(24), _HOURS, k=number)
        seconds = sorted(hour * 3600 + random.random() * 3590 for hour in hours)
        return [self._call(active[int(random.random() * len(active))], midnight, second) for second in seconds]

    def _call(self, person: UUID, midnight: datetime, second: float) -> SampleCall:
        random = self.random
        hour = int(second // 3600)
        purpose, model = self._kind()
        broke = midnight.toordinal() % _BROKE == 0 and hour in (9, 10)
        _, reason, error, status, came, estimated = _NO_BALANCE if broke else self._end()
        hit, miss, output, reasoning = self._tokens(purpose, model) if came else (0, 0, 0, 0)
        if estimated:
            hit, miss, output, reasoning = 0, hit + miss, output // 2, reasoning // 2
        # To the microsecond, as the database keeps them: days and prices are found by the very same moments again.
        started = midnight + timedelta(seconds=round(second, 6))
        first = started + timedelta(milliseconds=int(250 + random.expovariate(1 / 350))) if came else None
        # A call ends before its hour does: it has one price, and its day is that of its start.
        last = midnight + timedelta(hours=hour + 1, microseconds=-1)
        ended = min((first or started) + timedelta(milliseconds=output * 18 + 40), last)
        rate = self._rate(model, midnight, hour)
        cost = rate.cost(hit, miss, output) if rate else None
        return SampleCall(
            id=_uuid7(started, random.getrandbits(74)),
            user_ref=person,
            generation_ref=_uuid7(started, random.getrandbits(74)) if purpose == "answer" else None,
            purpose=purpose,
            model_asked=model,
            model_served=model if came else "",
            queued_at=started,
            started_at=started,
            first_token_at=first,
            ended_at=ended,
            http_status=status,
            finish_reason=reason,
            error_code=error,
            cache_hit_tokens=hit,
            cache_miss_tokens=miss,
            output_tokens=output,
            reasoning_tokens=reasoning,
            price_id=rate.price_id if rate else None,
            peak=bool(rate and rate.peak),
            cost=cost,
            currency=rate.currency if rate else "",
            estimated=estimated,
        )

    def _end(self) -> tuple[int, str, str, int | None, bool, bool]:
        # `random.choices` for every call would take a third of the time.
        if self.random.random() < _WELL:
            return _ENDS[0]
        return self.random.choices(_ENDS[1:], _OTHER_WEIGHTS)[0]

    def _kind(self) -> tuple[str, str]:
        dice = self.random.random()
        if dice < _TITLES:
            return "title", MODELS[0]
        purpose = "summary" if dice < _TITLES + _SUMMARIES else "answer"
        return purpose, MODELS[self.random.random() < _PRO]

    def _tokens(self, purpose: str, model: str) -> tuple[int, int, int, int]:
        random = self.random
        if purpose == "title":
            return 0, random.randrange(80, 900), random.randrange(3, 12), 0
        prompt = int(random.expovariate(1 / 2500)) + 20
        hit = int(prompt * random.random() * 0.9) // 64 * 64
        output = int(random.expovariate(1 / 550)) + 5
        reasoning = int(random.expovariate(1 / 700)) if model == MODELS[1] else 0
        return hit, prompt - hit, output + reasoning, reasoning

    def _rate(self, model: str, midnight: datetime, hour: int) -> _Rate | None:
        key = model, int(midnight.timestamp()) // 3600 + hour
        if key not in self._rates:
            self._rates[key] = _rate_at(self.tariff, model, midnight + timedelta(hours=hour))
        return self._rates[key]


_OTHER_WEIGHTS = [end[0] for end in _ENDS[1:]]
_WELL = _ENDS[0][0] / sum(end[0] for end in _ENDS)
_UNITS = int(1 / SMALLEST_AMOUNT)


class _Rate(NamedTuple):
    """A price in whole numbers: units of 10^-8 for a million tokens, peak included."""

    price_id: int
    peak: bool
    currency: str
    hit: int
    miss: int
    output: int

    def cost(self, hit: int, miss: int, output: int) -> Decimal:
        """As `Tariff.cost`, rounded half to even as the ledger rounds, in a tenth of the time."""
        units, rest = divmod(hit * self.hit + miss * self.miss + output * self.output, _PER_UNIT)
        units += rest * 2 > _PER_UNIT or (rest * 2 == _PER_UNIT and units & 1)
        return Decimal(units).scaleb(-9)


_RATE_UNITS = 10**8
_PER_UNIT = _RATE_UNITS * 1_000_000 // _UNITS


def _rate_at(tariff: Tariff, model: str, moment: datetime) -> _Rate | None:
    row = price_at(tariff.rows, model, moment, tariff.currency)
    if row is None:
        return None
    peak = tariff.is_peak(moment)
    factor = row.peak_factor if peak else Decimal(1)
    hit, miss, output = (int(rate * factor * _RATE_UNITS) for rate in (row.cache_hit, row.cache_miss, row.output))
    return _Rate(row.id, peak, row.currency, hit, miss, output)


def _uuid7(moment: datetime, chance: int) -> UUID:
    """RFC 9562, section 5.7: milliseconds, version, 12 random bits, variant, 62 random bits."""
    milliseconds = int(moment.timestamp() * 1000)
    return UUID(int=milliseconds << 80 | 7 << 76 | (chance >> 62) << 64 | 2 << 62 | chance & (1 << 62) - 1)
