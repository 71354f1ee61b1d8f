"""The budgets of this installation and who is in which group, as they are applied: read anew every few seconds."""

from __future__ import annotations

import time as clock
from collections.abc import Callable
from threading import Lock
from typing import Generic, TypeVar
from uuid import UUID

from chatsite.accounts.models import User
from conversations.accounting.budget_rules import Measure, Period, Rule, Scope
from conversations.models import Budget
from conversations.models.statements import Select, columns

KEEP = 2.0
"""Seconds for which rules and memberships are used: a new budget is in force everywhere after them. Nothing is refused
by an old one: whoever is about to refuse reads anew (`forget`)."""
_MOST_PEOPLE = 10_000

T = TypeVar("T")


class Kept(Generic[T]):
    """What `read` gives, at most `KEEP` seconds old. Safe to use from several threads."""

    def __init__(self, read: Callable[[], T]) -> None:
        self._read = read
        self._lock = Lock()
        self._kept: tuple[float, T] | None = None
        self._forgotten = 0

    def get(self) -> T:
        with self._lock:
            if self._kept is not None and clock.monotonic() - self._kept[0] < KEEP:
                return self._kept[1]
            forgotten = self._forgotten
        value = self._read()
        with self._lock:
            # What was forgotten meanwhile may be from before the change.
            if forgotten == self._forgotten:
                self._kept = (clock.monotonic(), value)
        return value

    def peek(self) -> T | None:
        """What was read last, however old it is."""
        return None if self._kept is None else self._kept[1]

    def forget(self) -> None:
        with self._lock:
            self._kept = None
            self._forgotten += 1


# Compiled: on a quiet site every question finds them too old.
_find = Select(
    lambda: Budget.objects.filter(is_active=True).order_by("pk").values_list(*columns(Budget), "group__name")
)


def _read() -> tuple[Rule, ...]:
    return tuple(_rule(Budget(*row), group_name or "") for *row, group_name in _find.rows())


_rules = Kept(_read)
_people_lock = Lock()
_people: dict[UUID, tuple[float, frozenset[int]]] = {}


def current() -> tuple[Rule, ...]:
    """All active budgets. One query when they are read anew."""
    return _rules.get()


def are_known_to_be_none() -> bool:
    """Whether there were no budgets when they were last read; asks no database."""
    return _rules.peek() == ()


def groups_of(person: UUID) -> frozenset[int]:
    """The groups that a person is in. One query when they are read anew."""
    now = clock.monotonic()
    known = _people.get(person)
    if known is not None and now - known[0] < KEEP:
        return known[1]
    groups = frozenset(User.groups.through.objects.filter(user_id=person).values_list("group_id", flat=True))
    with _people_lock:
        if len(_people) >= _MOST_PEOPLE:
            _people.clear()
        _people[person] = (now, groups)
    return groups


def forget() -> None:
    """Read everything anew: something was changed in this process, or is to be sure."""
    _rules.forget()
    with _people_lock:
        _people.clear()


def rule_of(budget: Budget) -> Rule:
    """A budget as it is applied; `budget.group` is at hand."""
    return _rule(budget, budget.group.name if budget.group else "")


def _rule(budget: Budget, group_name: str) -> Rule:
    return Rule(
        id=budget.pk,
        scope=Scope(budget.scope),
        group=budget.group_id,
        group_name=group_name,
        person=budget.user_id,
        each=budget.each,
        model=budget.model,
        measure=Measure(budget.measure),
        currency=budget.currency,
        period=Period(budget.period),
        soft=budget.soft,
        hard=budget.hard,
    )
