"""Pricing recorded calls anew by the tariff as it is now: ledger, rollup and answers change together or not at all."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from copy import copy
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import BooleanField, CharField, Q, QuerySet, UUIDField

from conversations.accounting import ledger, rollup, uses
from conversations.accounting.prices import Tariff
from conversations.accounting.tariff import read_tariff
from conversations.models import Generation, UpstreamCall
from conversations.models.statements import Param, Update

_BATCH = 500
"""Calls of one transaction: short enough that nobody who ends an answer waits for it."""
_LONGEST_CALL = timedelta(days=1)
"""No call lasts longer. The ledger is indexed by the start of calls, and days are those of their end."""

_COLUMNS = ("price_id", "peak", "cost", "currency", "estimated")

_put_price = Update(
    lambda: UpstreamCall.objects.filter(pk=Param("id", UUIDField())),
    price=Param("price_id", UpstreamCall._meta.get_field("price").target_field),
    peak=Param("peak", BooleanField()),
    cost=Param("cost", UpstreamCall._meta.get_field("cost")),
    currency=Param("currency", CharField()),
    estimated=Param("estimated", BooleanField()),
)
_put_cost = Update(
    lambda: Generation.objects.filter(pk=Param("id", UUIDField())),
    cost=Param("cost", Generation._meta.get_field("cost")),
    currency=Param("currency", CharField()),
    estimated=Param("estimated", BooleanField()),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """UTC days from `since` to `until`, both included, by the end of a call; of one model (as asked for) or of all."""

    since: date
    until: date
    model: str = ""

    def calls(self) -> QuerySet[UpstreamCall]:
        """The calls of the period that cost something, or might. Those of the demo mode never do."""
        start, end = _midnight(self.since), _midnight(self.until) + timedelta(days=1)
        calls = UpstreamCall.objects.filter(
            started_at__gte=start - _LONGEST_CALL, started_at__lt=end, ended_at__gte=start, ended_at__lt=end
        ).filter(simulated=False)
        return calls.filter(model_asked=self.model) if self.model else calls


@dataclass
class Repricing:
    """What a repricing does, or did. Sums by currency, over the calls whose price, cost or currency changes."""

    looked_at: int = 0
    changed: int = 0
    before: dict[str, Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    after: dict[str, Decimal] = field(default_factory=lambda: defaultdict(Decimal))

    def count(self, old: UpstreamCall, new: UpstreamCall) -> None:
        self.changed += 1
        if old.cost is not None:
            self.before[old.currency] += old.cost
        if new.cost is not None:
            self.after[new.currency] += new.cost

    def rows(self) -> list[tuple[str, Decimal, Decimal, Decimal]]:
        """`(currency, before, after, difference)`."""
        currencies = sorted({*self.before, *self.after})
        pairs = [(each, self.before.get(each, Decimal(0)), self.after.get(each, Decimal(0))) for each in currencies]
        return [(currency, before, after, after - before) for currency, before, after in pairs]


def preview(period: Period) -> Repricing:
    """What `reprice` would do now. Writes nothing."""
    found, tariff = Repricing(), read_tariff()
    for call in period.calls().order_by().iterator(chunk_size=_BATCH):
        _look_at(call, tariff, found)
    return found


def reprice(period: Period, *, progress: Callable[[Repricing], None] = lambda found: None) -> Repricing:
    """Price the calls of a period anew, in transactions of some hundred calls. `progress` is told after each.

    Doing it again, or after it was broken off in the middle, changes what was not changed yet. Estimated tokens stay
    estimated.
    """
    found, tariff = Repricing(), read_tariff()
    try:
        for ids in _batches(period):
            with transaction.atomic():
                _reprice(ids, tariff, found)
            progress(found)
    finally:
        # Once: every call may be one of any budget, and thousands of people may have budgets of their own.
        with transaction.atomic():
            uses.count_soon()
    return found


def _batches(period: Period) -> Iterator[list[UUID]]:
    calls = period.calls().order_by("started_at", "pk")
    after = Q()
    while rows := list(calls.filter(after).values_list("started_at", "pk")[:_BATCH]):
        yield [pk for _, pk in rows]
        moment, last = rows[-1]
        after = Q(started_at__gte=moment) & (Q(started_at__gt=moment) | Q(pk__gt=last))


def _reprice(ids: list[UUID], tariff: Tariff, found: Repricing) -> None:
    rows = UpstreamCall.objects.filter(pk__in=ids)
    # The order of locks that ends of answers have, too: generation, ledger, rollup.
    answers = {ref for ref in rows.order_by().values_list("generation_ref", flat=True) if ref is not None}
    list(Generation.objects.select_for_update().filter(pk__in=answers).order_by("pk").values_list("pk"))
    pairs = [
        pair for call in rows.select_for_update().order_by("pk") if (pair := _look_at(call, tariff, found)) is not None
    ]
    if not pairs:
        return
    _put_price.run_all({"id": new.pk, **{name: getattr(new, name) for name in _COLUMNS}} for _, new in pairs)
    # First what is added: a sum in between must not be below zero.
    rollup.add(new for _, new in pairs)
    rollup.take(old for old, _ in pairs)
    _add_up_answers({new.generation_ref for _, new in pairs if new.generation_ref is not None})


def _look_at(call: UpstreamCall, tariff: Tariff, found: Repricing) -> tuple[UpstreamCall, UpstreamCall] | None:
    """The call as it is and as it would be; None when that is the same."""
    new = ledger.priced(copy(call), tariff)
    found.looked_at += 1
    if all(getattr(call, name) == getattr(new, name) for name in _COLUMNS):
        return None
    found.count(call, new)
    return call, new


def _add_up_answers(answers: Iterable[UUID]) -> None:
    calls: dict[UUID, list[UpstreamCall]] = defaultdict(list)
    for call in UpstreamCall.objects.filter(generation_ref__in=list(answers)).order_by():
        calls[_known(call.generation_ref)].append(call)
    _put_cost.run_all(_sums(answer, calls[answer]) for answer in sorted(calls))


def _sums(answer: UUID, calls: list[UpstreamCall]) -> dict[str, Any]:
    cost, currency = ledger.total(calls)
    return {"id": answer, "cost": cost, "currency": currency, "estimated": any(call.estimated for call in calls)}


def _known(ref: UUID | None) -> UUID:
    assert ref is not None  # noqa: S101 - asked for by it
    return ref


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time.min, UTC)
