"""The budget keeper of one process: releases what was left set aside, counts anew, and tells of marks that were passed.

Every process has one; twice does no harm.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial

from django.conf import settings
from django.db import Error as DatabaseError
from django.db import transaction
from django.db.models import F, Q
from django.utils import translation

from chatsite import database
from conversations.accounting import reservations, rules, uses
from conversations.accounting.budget_rules import Rule
from conversations.accounting.people import people
from conversations.models import BudgetUse
from conversations.models.budget import NOBODY
from conversations.services import alerts, budget_words

logger = logging.getLogger(__name__)

ALERT = "budget"
"""The kind of alert, whose key is the id of the use."""
EVERY = 5.0
"""Seconds between two rounds."""
_SETTLED = timedelta(seconds=10)
"""After a budget was made or changed, by when all processes know of it and calls that they recorded without knowing are
committed."""


async def keep() -> None:
    """Until it is cancelled."""
    while True:
        try:
            await database.run(go_round)
        except DatabaseError as error:
            logger.warning("the budgets wait for the database (%s)", type(error).__name__)
        await asyncio.sleep(EVERY)


def go_round() -> None:
    """One round. One query every few seconds as long as there are no budgets."""
    if not rules.current():
        return
    now = datetime.now(UTC)
    reservations.release_orphans(now)
    uses.open_missed(now)
    _count_anew(now)
    _warn(now)


def _count_anew(now: datetime) -> None:
    """What was counted before all processes knew of a budget may lack some calls."""
    known = {rule.id: rule for rule in rules.current() if rule.is_consumed}
    early = BudgetUse.objects.filter(
        budget_id__in=known, counted_at__lt=F("budget__changed_at") + _SETTLED, budget__changed_at__lt=now - _SETTLED
    )
    for budget, person in early.values_list("budget_id", "person"):
        uses.count_anew(known[budget], None if person == NOBODY else person, now)


def _warn(now: datetime) -> None:
    """Tell administrators of uses that passed a mark, once in a period, and that it is over when it is."""
    known = {rule.id: rule for rule in rules.current() if rule.is_consumed}
    passed = Q(spent__gte=F("budget__soft")) | Q(person=NOBODY, spent__gte=F("budget__hard"))
    for row in BudgetUse.objects.filter(passed | Q(warned_for__isnull=False), budget_id__in=known):
        rule = known[row.budget_id]
        start = rule.period.start(now)
        is_passed = row.period_start == start and _has_passed(rule, row)
        if row.warned_for is not None and (row.warned_for != start or not is_passed):
            _once(row, None, partial(alerts.recovered, ALERT, str(row.pk)))
        elif row.warned_for is None and is_passed:
            _once(row, start, partial(alerts.raised, ALERT, str(row.pk), _facts(rule, row, now)))


def _once(row: BudgetUse, warned_for: datetime | None, tell: Callable[[], bool]) -> None:
    """Of several processes, one tells."""
    with transaction.atomic():
        if BudgetUse.objects.filter(pk=row.pk, warned_for=row.warned_for).update(warned_for=warned_for):
            tell()


def _has_passed(rule: Rule, row: BudgetUse) -> bool:
    """What one person may use up for themselves is no news when it is used up, unless there is a mark for it."""
    marks = [rule.soft, rule.hard if row.person == NOBODY else None]
    return any(mark is not None and row.spent >= mark for mark in marks)


def _facts(rule: Rule, row: BudgetUse, now: datetime) -> dict[str, str]:
    """In the site's language: whoever reads them is not known yet."""
    end = rule.period.end(now)
    with translation.override(settings.LANGUAGE_CODE):
        return {
            "budget": budget_words.holder_of(rule, None if row.person == NOBODY else people([row.person])[row.person]),
            "used": budget_words.amount(rule, row.spent),
            "limit": budget_words.limit(rule),
            "renews": end.date().isoformat() if end else "",
        }
