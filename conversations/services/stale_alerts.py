"""Alerts about what is not there any more: upstreams that this site does not ask, and budgets that were deleted or
switched off. Nothing that happens would end them.
"""

from __future__ import annotations

from collections.abc import Collection

from conversations.models import BudgetUse
from conversations.services import alerts, balance, budget_keeper, incidents, standing


def withdraw(upstreams: Collection[str], accounts: Collection[str]) -> None:
    """End them without telling anybody. `upstreams`: those that are asked, by their names in the ledger; `accounts`:
    the names under which balances are read. Five queries when there is no alert.
    """
    for kind in (standing.EXHAUSTED, incidents.KEY_REFUSED):
        for key in alerts.open_keys(kind).keys() - set(upstreams):
            alerts.withdraw(kind, key)
    for kind in (balance.LOW, balance.ENDING):
        for key in alerts.open_keys(kind):
            if key.partition(":")[0] not in accounts:
                alerts.withdraw(kind, key)
    _withdraw_budgets()


def _withdraw_budgets() -> None:
    told = alerts.open_keys(budget_keeper.ALERT).keys()
    if told:
        counted = BudgetUse.objects.filter(pk__in=told, budget__is_active=True).values_list("pk", flat=True)
        for key in told - set(map(str, counted)):
            alerts.withdraw(budget_keeper.ALERT, key)
