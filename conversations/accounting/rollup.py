"""The daily rollup: what the ledger's rows add up to, by person and for the whole site.

Written in the transaction of the rows that it counts.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC
from decimal import Decimal
from typing import Any

from django.db.models import F, Value

from conversations.accounting import site_rollup
from conversations.accounting.site_rollup import Share
from conversations.models import UpstreamCall, UsageDay
from conversations.models.statements import Insert

KEY = ("user_ref", "day", "model", "currency", "simulated")
SUMS = site_rollup.SUMS
_add = Insert(
    UsageDay,
    on_conflict=f"ON CONFLICT ({', '.join(KEY)}) DO UPDATE SET "
    + ", ".join(f"{name} = {UsageDay._meta.db_table}.{name} + excluded.{name}" for name in SUMS),
)


def add(calls: Iterable[UpstreamCall]) -> None:
    """Count calls in."""
    shares = sums_of(calls)
    _add.run(shares)
    site_rollup.add(shares)


def take(calls: Iterable[UpstreamCall]) -> None:
    """Count calls out that were counted in as they are now. A day without calls is no row."""
    shares = sums_of(calls)
    for share in shares:
        of_day = UsageDay.objects.filter(**{name: getattr(share, name) for name in KEY})
        of_day.update(**{name: F(name) - Value(getattr(share, name), _field(name)) for name in SUMS})
        of_day.filter(calls=0).delete()
    site_rollup.take(shares)


def _day_of(call: Any) -> dict[str, Any]:
    """Which row of the rollup a call belongs to: by the UTC day of its end."""
    return {
        "user_ref": call.user_ref,
        "day": call.ended_at.astimezone(UTC).date(),
        "model": call.model_asked,
        "currency": call.currency,
        "simulated": call.simulated,
    }


def sums_of(calls: Iterable[Any]) -> list[Share]:
    """What calls, or whatever has their columns, add to their days. In the order of the rollup's key: whoever locks
    several rows locks them in it.
    """
    days: dict[tuple[Any, ...], Share] = {}
    for call in calls:
        key = _day_of(call)
        values = tuple(key.values())
        day = days.get(values)
        if day is None:
            day = days[values] = Share(**key)
        day.calls += 1
        day.failures += bool(call.error_code)
        day.estimated_calls += call.estimated
        day.cache_hit_tokens += call.cache_hit_tokens
        day.cache_miss_tokens += call.cache_miss_tokens
        day.output_tokens += call.output_tokens
        day.reasoning_tokens += call.reasoning_tokens
        day.cost += call.cost or Decimal(0)
    return [days[key] for key in sorted(days)]


def _field(name: str) -> Any:
    return UsageDay._meta.get_field(name)
