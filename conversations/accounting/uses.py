"""What is used of budgets: rows that are read and written under their locks."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID

from django.db import transaction
from django.db.models import BigIntegerField, DateTimeField, F, OuterRef, Q, Subquery, Sum, UUIDField

from chatsite.accounts.models import User
from conversations.accounting.budget_rules import Measure, Rule, Scope, units
from conversations.models import Budget, BudgetUse, UsageDay
from conversations.models.budget import NOBODY
from conversations.models.statements import Param, Select, Update

_lock = Select(
    lambda: (
        BudgetUse.objects.select_for_update()
        .filter(budget_id=Param("budget", BigIntegerField()), person=Param("person", UUIDField()))
        .values_list("pk", "period_start", "spent", "reserved", "lifted_until")
    )
)
_write = Update(
    lambda: BudgetUse.objects.filter(pk=Param("id", BigIntegerField())),
    period_start=Param("period_start", DateTimeField()),
    spent=Param("spent", BigIntegerField()),
    reserved=Param("reserved", BigIntegerField()),
)


_missed: set[tuple[Rule, UUID | None]] = set()


class Gone(Exception):
    """The budget of a rule does not exist any more."""


@dataclass(slots=True)
class Use:
    """A locked row."""

    id: int
    period_start: datetime
    spent: int
    reserved: int
    lifted_until: datetime | None

    def turn_to(self, start: datetime) -> None:
        """Begin the period that starts at `start`, if it is a later one."""
        if self.period_start < start:
            self.period_start, self.spent = start, 0

    def write(self) -> None:
        _write.run(id=self.id, period_start=self.period_start, spent=self.spent, reserved=self.reserved)


def locked(budget: int, holder: UUID | None) -> Use | None:
    """The use of a budget, with nobody else writing to it until the transaction ends. None when there is none yet."""
    row = _lock.first(budget=budget, person=holder or NOBODY)
    return Use(*row) if row else None


def opened(rule: Rule, holder: UUID | None, now: datetime) -> Use:
    """The locked use of a rule, in the period of `now`; a new one begins with what the rollup knows.

    Raises `Gone`.
    """
    use = locked(rule.id, holder)
    if use is None:
        # Locked against a deletion that would leave the new row without its budget.
        if not list(Budget.objects.select_for_update(no_key=True).filter(pk=rule.id).values_list("pk")):
            raise Gone
        BudgetUse.objects.bulk_create(
            [
                BudgetUse(
                    budget_id=rule.id, person=holder or NOBODY, period_start=rule.period.start(now), counted_at=now
                )
            ],
            ignore_conflicts=True,
        )
        use = locked(rule.id, holder)
        assert use is not None  # noqa: S101 - inserted just now, by us or by somebody else
        # Behind the lock: who has recorded a call and not committed yet waits for it, and adds the call then.
        use.spent = counted(rule, holder, use.period_start)
        # At once: whoever reads the row again in this transaction must not find it empty.
        use.write()
    use.turn_to(rule.period.start(now))
    return use


def miss(rule: Rule, holder: UUID | None) -> None:
    """Have the use of a rule opened by the keeper: one that a refused question opened is rolled back along with it, and
    administrators could neither see nor lift it.
    """
    _missed.add((rule, holder))


def missed() -> set[tuple[Rule, UUID | None]]:
    """What was missed since the last call."""
    found = set(_missed)
    _missed.difference_update(found)
    return found


def open_missed(now: datetime) -> None:
    """Open what was missed; what is there already stays as it is."""
    for rule, holder in missed():
        with suppress(Gone), transaction.atomic():
            opened(rule, holder, now)


def count_anew(rule: Rule, holder: UUID | None, now: datetime) -> None:
    """Add up a use from the rollup again, which knows what every process has recorded."""
    with transaction.atomic():
        use = locked(rule.id, holder)
        if use is not None:
            use.turn_to(rule.period.start(now))
            use.spent = counted(rule, holder, use.period_start)
            use.write()
            BudgetUse.objects.filter(pk=use.id).update(counted_at=now)


def count_soon() -> None:
    """What calls cost was changed: have all uses of money added up again, within seconds. In a transaction."""
    rows = BudgetUse.objects.filter(budget__measure=Measure.MONEY)
    # In the order in which answers lock them, too.
    list(rows.select_for_update(of=("self",)).order_by("budget_id", "person").values_list("pk"))
    rows.update(counted_at=Subquery(Budget.objects.filter(pk=OuterRef("budget_id")).values("changed_at")))


def counted(rule: Rule, holder: UUID | None, since: datetime) -> int:
    """What the rollup says was used of a rule since a day began. One query."""
    if not rule.is_consumed:
        return 0
    days = UsageDay.objects.filter(day__gte=since.astimezone(UTC).date())
    if rule.model:
        days = days.filter(model=rule.model)
    if holder is not None:
        days = days.filter(user_ref=holder)
    elif rule.scope is Scope.GROUP:
        days = days.filter(user_ref__in=User.objects.filter(groups=rule.group).values("pk"))
    if rule.measure is Measure.TOKENS:
        sums = days.aggregate(total=Sum(F("cache_hit_tokens") + F("cache_miss_tokens") + F("output_tokens")))
        return int(sums["total"] or 0)
    cost = days.filter(Q(currency=rule.currency), simulated=False).aggregate(total=Sum("cost"))["total"] or Decimal(0)
    return units(cost)
