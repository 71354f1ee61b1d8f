"""The ledger: what every upstream call used and cost, and its daily rollup, in one transaction."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F

from conversations.accounting.prices import SMALLEST_AMOUNT, Tokens
from conversations.accounting.tariff import current_tariff
from conversations.deepseek.calls import FIRST
from conversations.models import UpstreamCall, UsageDay
from conversations.models.statements import Insert

_SUMS = (
    "calls",
    "failures",
    "estimated_calls",
    "cache_hit_tokens",
    "cache_miss_tokens",
    "output_tokens",
    "reasoning_tokens",
    "cost",
)
_insert_call = Insert(UpstreamCall, on_conflict="ON CONFLICT (id) DO NOTHING")
_add_to_day = Insert(
    UsageDay,
    on_conflict="ON CONFLICT (user_ref, day, model, currency, simulated) DO UPDATE SET "
    + ", ".join(f"{name} = {UsageDay._meta.db_table}.{name} + excluded.{name}" for name in _SUMS),
)


def record(calls: Iterable[UpstreamCall]) -> list[UpstreamCall]:
    """Price and store unsaved ledger rows and add them to their day. Returns those that were new.

    A row whose id is stored already is left alone, so that recording the same call twice counts it once.
    """
    with transaction.atomic():
        fresh = [call for call in map(priced, calls) if _insert_call.try_one(call)]
        _add_to_day.run(map(_share_of_day, fresh))
    return fresh


def withdraw(ids: Iterable[UUID]) -> None:
    """Take estimates out of the ledger and of their day: what they stood for turned out to be known exactly."""
    with transaction.atomic():
        for call in UpstreamCall.objects.select_for_update().filter(id__in=list(ids), estimated=True):
            _take_from_day(call)
            call.delete()


def priced(call: UpstreamCall) -> UpstreamCall:
    """The row with price, peak, cost and currency by its tokens. Simulated calls cost nothing."""
    tokens = Tokens(call.cache_hit_tokens, call.cache_miss_tokens, call.output_tokens)
    # Another server's answer has no price by the name that was asked here; one by its own name may be entered.
    asked = call.model_asked if call.upstream == FIRST else ""
    cost = current_tariff().cost(call.model_served or asked, tokens, started=call.started_at, ended=call.ended_at)
    if cost is None and call.model_served:
        # An upstream may answer with a name of its own (a dated snapshot); the price is known by the name asked.
        cost = current_tariff().cost(asked, tokens, started=call.started_at, ended=call.ended_at)
    if cost is None:
        return call
    call.price_id, call.peak, call.currency = cost.price_id, cost.peak, cost.currency
    # Rounded here and not by the column, so that the rollup adds up the very amounts that the ledger keeps.
    call.cost = Decimal(0) if call.simulated else cost.amount.quantize(SMALLEST_AMOUNT)
    call.estimated = call.estimated or cost.straddles
    return call


def _share_of_day(call: UpstreamCall) -> UsageDay:
    """What a call adds to its day."""
    return UsageDay(
        **_day_of(call),
        calls=1,
        failures=int(bool(call.error_code)),
        estimated_calls=int(call.estimated),
        cache_hit_tokens=call.cache_hit_tokens,
        cache_miss_tokens=call.cache_miss_tokens,
        output_tokens=call.output_tokens,
        reasoning_tokens=call.reasoning_tokens,
        cost=call.cost or Decimal(0),
    )


def _take_from_day(call: UpstreamCall) -> None:
    share = _share_of_day(call)
    UsageDay.objects.filter(**_day_of(call)).update(**{name: F(name) - getattr(share, name) for name in _SUMS})


def _day_of(call: UpstreamCall) -> dict[str, Any]:
    return {
        "user_ref": call.user_ref,
        "day": call.ended_at.astimezone(UTC).date(),
        "model": call.model_asked,
        "currency": call.currency,
        "simulated": call.simulated,
    }
