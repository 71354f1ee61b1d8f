"""Whether the books agree: the ledger, its rollup, and what answers say of themselves."""

from __future__ import annotations

from collections import Counter
from datetime import UTC
from decimal import Decimal

from django.db.models import Sum

from conversations.accounting import rollup
from conversations.models import Generation, SiteDay, UpstreamCall, UsageDay


def assert_books_agree() -> None:
    """Every row of the rollup is the sum of its calls, there is no other one, and answers cost what their calls did."""
    expected: dict[tuple[object, ...], Counter[str]] = {}
    for call in UpstreamCall.objects.all():
        day = call.ended_at.astimezone(UTC).date()
        sums = expected.setdefault((call.user_ref, day, call.model_asked, call.currency, call.simulated), Counter())
        sums.update(calls=1, failures=int(bool(call.error_code)), estimated_calls=int(call.estimated))
        for name in ("cache_hit_tokens", "cache_miss_tokens", "output_tokens", "reasoning_tokens"):
            sums[name] += getattr(call, name)
        sums["cost"] += call.cost or Decimal(0)  # type: ignore[assignment]
    found = {
        tuple(getattr(day, name) for name in rollup.KEY): {name: getattr(day, name) for name in rollup.SUMS}
        for day in UsageDay.objects.all()
    }
    assert found == {key: {name: sums[name] for name in rollup.SUMS} for key, sums in expected.items()}
    assert_site_agrees()
    for answer in Generation.objects.exclude(status__in=Generation.UNFINISHED):
        calls = UpstreamCall.objects.filter(generation_ref=answer.pk)
        costs = [call.cost for call in calls if call.cost is not None]
        assert (answer.cost or Decimal(0)) == sum(costs, Decimal(0))
        assert (answer.completion_tokens or 0) == sum(call.output_tokens for call in calls)


def assert_site_agrees() -> None:
    """The rollup of the whole site is the sum of the people's."""
    key = ("day", "model", "currency", "simulated")
    of_people, of_site = (
        {
            tuple(row[name] for name in key): [row[f"all_{name}"] for name in rollup.SUMS]
            for row in model.objects.values(*key).annotate(**{f"all_{name}": Sum(name) for name in rollup.SUMS})
        }
        for model in (UsageDay, SiteDay)
    )
    assert of_people == of_site
