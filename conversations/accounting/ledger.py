"""The ledger: what every upstream call used and cost, and its daily rollup, in one transaction."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from uuid import UUID

from django.db import transaction

from conversations.accounting import reservations, rollup
from conversations.accounting.prices import SMALLEST_AMOUNT, Tariff, Tokens
from conversations.accounting.tariff import current_tariff
from conversations.deepseek.calls import FIRST
from conversations.models import UpstreamCall
from conversations.models.statements import Insert

_insert_call = Insert(UpstreamCall, on_conflict="ON CONFLICT (id) DO NOTHING")


def record(calls: Iterable[UpstreamCall], *, settles: UUID | None = None) -> list[UpstreamCall]:
    """Price and store unsaved ledger rows and add them to their day. Returns those that were new.

    A row whose id is stored already is left alone, so that recording the same call twice counts it once. `settles`:
    what was set aside of budgets for this answer is released, and what the calls used is taken from them.
    """
    with transaction.atomic(savepoint=False):
        fresh = [call for call in map(priced, calls) if _insert_call.try_one(call)]
        rollup.add(fresh)
        reservations.settle(fresh, ref=settles)
    return fresh


def withdraw(ids: Iterable[UUID]) -> None:
    """Take estimates out of the ledger and of their day: what they stood for turned out to be known exactly."""
    with transaction.atomic():
        calls = list(UpstreamCall.objects.select_for_update().filter(id__in=list(ids), estimated=True))
        for call in calls:
            rollup.take([call])
            call.delete()
        reservations.settle(calls, withdrawn=True)


def priced(call: UpstreamCall, tariff: Tariff | None = None) -> UpstreamCall:
    """The row with price, peak, cost and currency by its tokens; by the site's tariff unless another one is given.
    Simulated calls cost nothing.
    """
    tokens = Tokens(call.cache_hit_tokens, call.cache_miss_tokens, call.output_tokens)
    names = priced_by(call.model_served, call.model_asked, call.upstream)
    cost = (tariff or current_tariff()).cost_by_any(names, tokens, started=call.started_at, ended=call.ended_at)
    if cost is None:
        call.price_id, call.peak, call.currency, call.cost = None, False, "", None
        return call
    call.price_id, call.peak, call.currency = cost.price_id, cost.peak, cost.currency
    # Rounded here and not by the column, so that the rollup adds up the very amounts that the ledger keeps.
    call.cost = Decimal(0) if call.simulated else cost.amount.quantize(SMALLEST_AMOUNT)
    call.estimated = call.estimated or cost.straddles
    return call


def total(calls: Iterable[UpstreamCall]) -> tuple[Decimal | None, str]:
    """What calls cost together, and in which currency. None when none of them has a price, or they were paid in
    several currencies, which are never added.
    """
    calls = list(calls)
    costs = [call.cost for call in calls if call.cost is not None]
    currencies = sorted({call.currency for call in calls if call.currency})
    if not costs or len(currencies) > 1:
        return None, ""
    return sum(costs, Decimal(0)), "".join(currencies)


def priced_by(served: str, asked: str, upstream: str) -> tuple[str, ...]:
    """The names under which a call's price is looked up, one after the other."""
    # Another server's answer has no price by the name that was asked here; one by its own name may be entered.
    asked = asked if upstream == FIRST else ""
    # An upstream may answer with a name of its own (a dated snapshot); the price is known by the name asked.
    return tuple(dict.fromkeys(name for name in (served, asked) if name))
