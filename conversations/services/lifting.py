"""Budgets are lifted for a while, by administrators: at once, wherever answers start."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from django.db import transaction

from conversations.accounting.budget_rules import Period
from conversations.models import BudgetUse

_FOR_A_WHILE = timedelta(hours=1)
"""For what renews every minute, or never."""


def lift(use: BudgetUse, now: datetime | None = None) -> None:
    """Until the budget renews, it stops nobody whose use this is. What they use is counted on."""
    now = now or datetime.now(UTC)
    period = Period(use.budget.period)
    end = None if period is Period.MINUTE else period.end(now)
    _set(use, end or now + _FOR_A_WHILE)


def restore(use: BudgetUse) -> None:
    """It holds again."""
    _set(use, None)


def _set(use: BudgetUse, until: datetime | None) -> None:
    # This column alone: the others belong to the answers that start and end. With its entry in the audit log.
    use.lifted_until = until
    with transaction.atomic():
        use.save(update_fields=["lifted_until"])
