"""The ledger: what every upstream call used and cost, and its daily rollup, in one transaction."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC
from decimal import Decimal
from uuid import UUID

from django.db import transaction
from django.db.models import F

from conversations.accounting.prices import SMALLEST_AMOUNT, Tokens
from conversations.accounting.tariff import current_tariff
from conversations.deepseek.calls import FIRST
from conversations.models import UpstreamCall, UsageDay


def record(calls: Iterable[UpstreamCall]) -> list[UpstreamCall]:
    """Price and store unsaved ledger rows and add them to their day. Returns those that were new.

    A row whose id is stored already is left alone, so that recording the same call twice counts it once.
    """
    by_id = {call.id: call for call in calls}
    with transaction.atomic():
        known = set(UpstreamCall.objects.filter(id__in=by_id).values_list("id", flat=True))
        fresh = [call for call in by_id.values() if call.id not in known]
        for call in fresh:
            put_price(call)
        UpstreamCall.objects.bulk_create(fresh)
        for call in fresh:
            _change_day(call, 1)
    return fresh


def withdraw(ids: Iterable[UUID]) -> None:
    """Take estimates out of the ledger and of their day: what they stood for turned out to be known exactly."""
    with transaction.atomic():
        for call in UpstreamCall.objects.select_for_update().filter(id__in=list(ids), estimated=True):
            _change_day(call, -1)
            call.delete()


def put_price(call: UpstreamCall) -> None:
    """Set price, peak, cost and currency of a row from its tokens. Simulated calls cost nothing."""
    tokens = Tokens(call.cache_hit_tokens, call.cache_miss_tokens, call.output_tokens)
    # Another server's answer has no price by the name that was asked here; one by its own name may be entered.
    asked = call.model_asked if call.upstream == FIRST else ""
    cost = current_tariff().cost(call.model_served or asked, tokens, started=call.started_at, ended=call.ended_at)
    if cost is None and call.model_served:
        # An upstream may answer with a name of its own (a dated snapshot); the price is known by the name asked.
        cost = current_tariff().cost(asked, tokens, started=call.started_at, ended=call.ended_at)
    if cost is None:
        return
    call.price_id, call.peak, call.currency = cost.price_id, cost.peak, cost.currency
    # Rounded here and not by the column, so that the rollup adds up the very amounts that the ledger keeps.
    call.cost = Decimal(0) if call.simulated else cost.amount.quantize(SMALLEST_AMOUNT)
    call.estimated = call.estimated or cost.straddles


def _change_day(call: UpstreamCall, sign: int) -> None:
    """Add a call to its day, or take it away again."""
    day, _ = UsageDay.objects.get_or_create(
        user_ref=call.user_ref,
        day=call.ended_at.astimezone(UTC).date(),
        model=call.model_asked,
        currency=call.currency,
        simulated=call.simulated,
    )
    UsageDay.objects.filter(pk=day.pk).update(
        calls=F("calls") + sign,
        failures=F("failures") + sign * bool(call.error_code),
        estimated_calls=F("estimated_calls") + sign * bool(call.estimated),
        cache_hit_tokens=F("cache_hit_tokens") + sign * call.cache_hit_tokens,
        cache_miss_tokens=F("cache_miss_tokens") + sign * call.cache_miss_tokens,
        output_tokens=F("output_tokens") + sign * call.output_tokens,
        reasoning_tokens=F("reasoning_tokens") + sign * call.reasoning_tokens,
        cost=F("cost") + sign * (call.cost or Decimal(0)),
    )
