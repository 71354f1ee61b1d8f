"""What a change of the tariff does: the calls of some days at the old and at the new prices."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from decimal import Decimal
from itertools import chain
from typing import Any

from django.db.models import Count, Sum
from django.db.models.functions import TruncHour, TruncMinute

from conversations.accounting.ledger import priced_by
from conversations.accounting.prices import SMALLEST_AMOUNT, Tariff, Tokens
from conversations.models import UpstreamCall

DAYS = 30
"""The days before now that serve as the example."""


@dataclass(slots=True)
class Change:
    """Calls of a model whose cost differs, and what they cost together before and after, each in its currency. An empty
    currency: no price is known.
    """

    model: str
    currency_before: str
    currency_after: str
    calls: int = 0
    before: Decimal = Decimal(0)
    after: Decimal = Decimal(0)

    @property
    def difference(self) -> Decimal | None:
        """None where the two cannot be compared."""
        return self.after - self.before if self.currency_before == self.currency_after else None


def what_if(current: Tariff, proposed: Tariff, *, now: datetime) -> list[Change]:
    """The last 30 days' calls as if they were made at `current` and at `proposed` prices, by model; only what differs.

    Calls are gathered by hours, or by minutes where a window or a price begins within an hour. One query.
    """
    changes: dict[tuple[str, str, str], Change] = {}
    for row in _gathered(now, by_hours=_has_full_hours(current) and _has_full_hours(proposed)):
        before, after = _cost(current, row), _cost(proposed, row)
        if before == after:
            continue
        key = row["model_asked"], before.currency, after.currency
        change = changes.setdefault(key, Change(*key))
        change.calls += row["calls"]
        change.before += before.amount
        change.after += after.amount
    for change in changes.values():
        change.before, change.after = change.before.quantize(SMALLEST_AMOUNT), change.after.quantize(SMALLEST_AMOUNT)
    return [changes[key] for key in sorted(changes)]


def _gathered(now: datetime, *, by_hours: bool) -> Any:
    trunc = TruncHour if by_hours else TruncMinute
    calls = UpstreamCall.objects.filter(
        started_at__gte=now - timedelta(days=DAYS), started_at__lt=now, simulated=False
    ).order_by()
    return calls.values("model_served", "model_asked", "upstream", moment=trunc("ended_at")).annotate(
        calls=Count("pk"), hit=Sum("cache_hit_tokens"), miss=Sum("cache_miss_tokens"), output=Sum("output_tokens")
    )


@dataclass(frozen=True, slots=True)
class _Amount:
    currency: str
    amount: Decimal


def _cost(tariff: Tariff, row: dict[str, Any]) -> _Amount:
    tokens = Tokens(row["hit"], row["miss"], row["output"])
    names = priced_by(row["model_served"], row["model_asked"], row["upstream"])
    cost = tariff.cost_by_any(names, tokens, started=row["moment"], ended=row["moment"])
    return _Amount("", Decimal(0)) if cost is None else _Amount(cost.currency, cost.amount)


def _has_full_hours(tariff: Tariff) -> bool:
    edges: list[time] = [*chain.from_iterable(tariff.windows), *(row.valid_from.time() for row in tariff.rows)]
    return not any(edge.minute or edge.second or edge.microsecond for edge in edges)
