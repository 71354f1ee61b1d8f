"""Which budgets apply to whom, when their periods begin, and what of them may still be used. Pure.

All amounts are integers: tokens, questions, answers, billionths of a currency (the smallest amount of the ledger).
"""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import ROUND_CEILING, Decimal
from enum import StrEnum
from uuid import UUID

MONEY_UNITS = 1_000_000_000
"""Units in one dollar (or whichever currency it is)."""
_ALWAYS = datetime(2000, 1, 1, tzinfo=UTC)


class Scope(StrEnum):
    SITE = "site"
    GROUP = "group"
    PERSON = "person"


class Measure(StrEnum):
    MONEY = "money"
    TOKENS = "tokens"
    REQUESTS = "requests"
    RUNNING = "running"


class Period(StrEnum):
    """All begin and end in UTC, as the rollup's days do; a week begins on Monday."""

    NONE = ""
    MINUTE = "minute"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"

    def start(self, moment: datetime) -> datetime:
        """The start of the period that `moment` (aware) lies in; of no period, a moment long ago."""
        moment = moment.astimezone(UTC)
        day = moment.replace(hour=0, minute=0, second=0, microsecond=0)
        match self:
            case Period.MINUTE:
                return moment.replace(second=0, microsecond=0)
            case Period.DAY:
                return day
            case Period.WEEK:
                return day - timedelta(days=day.weekday())
            case Period.MONTH:
                return day.replace(day=1)
        return _ALWAYS

    def end(self, moment: datetime) -> datetime | None:
        """When the period that `moment` lies in is over; None when it has no end."""
        start = self.start(moment)
        match self:
            case Period.MINUTE:
                return start + timedelta(minutes=1)
            case Period.DAY:
                return start + timedelta(days=1)
            case Period.WEEK:
                return start + timedelta(days=7)
            case Period.MONTH:
                return (start + timedelta(days=31)).replace(day=1)
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A budget as it is applied. `soft` and `hard` are in units; None: no warning, no stop."""

    id: int
    scope: Scope
    group: int | None = None
    group_name: str = ""
    person: UUID | None = None
    each: bool = False
    model: str = ""
    measure: Measure
    currency: str = ""
    period: Period
    soft: int | None = None
    hard: int | None = None

    @property
    def is_individual(self) -> bool:
        """Whether each person has an amount of their own."""
        return self.each or self.scope is Scope.PERSON

    @property
    def is_consumed(self) -> bool:
        """Whether calls use it up, by what they turn out to have used."""
        return self.measure in (Measure.MONEY, Measure.TOKENS)

    def holder(self, person: UUID) -> UUID | None:
        """Whose use counts; None: what all of them use together."""
        return person if self.is_individual else None


_CLOSENESS = {Scope.PERSON: 2, Scope.GROUP: 1, Scope.SITE: 0}


def applying(rules: Iterable[Rule], *, person: UUID, groups: AbstractSet[int], model: str) -> list[Rule]:
    """The rules for a call, in the order of their ids: all that are shared, and of those for each person with the same
    measure, period and model the closest one (of several groups', the most generous).
    """
    found: list[Rule] = []
    closest: dict[tuple[str, ...], Rule] = {}
    for rule in rules:
        if not _is_for(rule, person, groups) or rule.model not in ("", model):
            continue
        if not rule.is_individual:
            found.append(rule)
            continue
        kind = (rule.measure, rule.currency, rule.period, rule.model)
        known = closest.get(kind)
        if known is None or _rank(rule) > _rank(known):
            closest[kind] = rule
    return sorted([*found, *closest.values()], key=lambda rule: rule.id)


def _is_for(rule: Rule, person: UUID, groups: AbstractSet[int]) -> bool:
    match rule.scope:
        case Scope.PERSON:
            return rule.person == person
        case Scope.GROUP:
            return rule.group in groups
    return True


def _rank(rule: Rule) -> tuple[int, bool, int, int]:
    return _CLOSENESS[rule.scope], rule.hard is None, rule.hard or 0, -rule.id


@dataclass(frozen=True, slots=True)
class Quote:
    """What a call costs: its prompt at most, and each token of its output. Units of `currency`."""

    currency: str
    prompt: int
    token: Decimal

    def amount(self, output: int) -> int:
        """Of prompt and `output` tokens together, rounded up."""
        return self.prompt + int((self.token * output).to_integral_value(ROUND_CEILING))


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """What a call may use. `least`: tokens of output below which it is not worth making."""

    model: str
    prompt: int
    output: int
    least: int
    quote: Quote | None
    """None: nobody knows the model's price."""
    is_answer: bool = True
    """Whether it is one that a person asked for: what is made in the background is no question."""

    def amount(self, rule: Rule, output: int) -> int:
        """What it uses of a rule when it has `output` tokens of output."""
        match rule.measure:
            case Measure.TOKENS:
                return self.prompt + output
            case Measure.MONEY:
                return self.quote.amount(output) if self.quote and self.quote.currency == rule.currency else 0
        return int(self.is_answer)

    def affordable(self, rule: Rule, left: int) -> int | None:
        """Tokens of output that fit into what is `left` of a rule; None when the call does not fit at all."""
        most = self.output
        if rule.measure is Measure.TOKENS:
            most = left - self.prompt
        elif rule.measure is Measure.MONEY and self.quote and self.quote.currency == rule.currency:
            if self.quote.token:
                most = int((left - self.quote.prompt) // self.quote.token)
            elif left < self.quote.prompt:
                return None
        elif self.amount(rule, 0) > left:
            return None
        return min(self.output, most) if most >= min(self.least, self.output) else None


def units(amount: Decimal) -> int:
    """An amount of money in units. Those of the ledger have no more places."""
    return int((amount * MONEY_UNITS).to_integral_value())


def money(amount: int) -> Decimal:
    """The opposite of `units`."""
    return Decimal(amount) / MONEY_UNITS
