"""Reservations: what an answer may use at most is set aside when it starts, and settled when it ends.

Whoever starts locks the uses of all budgets that apply, in the order of their ids and last in the transaction; so of
any number that start at once none takes what another one has.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Literal
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from uuid_utils.compat import uuid7

from conversations.accounting import rules
from conversations.accounting.budget_rules import Demand, Measure, Quote, Rule, applying, units
from conversations.accounting.prices import Tokens
from conversations.accounting.tariff import current_tariff
from conversations.accounting.uses import Gone, Use, locked, opened
from conversations.models import Generation, Reservation, UpstreamCall
from conversations.models.budget import NOBODY
from conversations.models.statements import Insert

_LONGEST = timedelta(minutes=30)
"""Of an answer, about: a price that is in force by then counts, when it is higher."""
_insert = Insert(Reservation)

Why = Literal["used", "reserved", "short"]


class Exhausted(Exception):
    """A budget does not allow a call. `left` units are neither used nor set aside.

    `why`: all is used; what is left is set aside for answers that run; or it is too little for this call.
    """

    def __init__(self, rule: Rule, why: Why, left: int, renews: datetime | None) -> None:
        super().__init__(f"budget {rule.id}: {why}")
        self.rule, self.why, self.left, self.renews = rule, why, left, renews


def quote(model: str, prompt: int, now: datetime) -> Quote | None:
    """What a call of a model costs at most: nothing of the prompt cached, at the highest price while it may last."""
    tariff = current_tariff()
    quotes = []
    for moment in (now, now + _LONGEST):
        sent = tariff.cost(model, Tokens(0, prompt, 0), started=moment, ended=moment)
        written = tariff.cost(model, Tokens(0, 0, 1_000_000), started=moment, ended=moment)
        if sent is not None and written is not None:
            token = written.amount * 1000  # a million tokens in billionths: of one token
            quotes.append(Quote(sent.currency, units(sent.amount) + 1, token))
    return max(quotes, key=lambda each: each.token, default=None)


def hold(*, ref: UUID, person: UUID, demand: Demand, now: datetime, lasts: timedelta | None = None) -> int | None:
    """Set aside what a call may use, in the caller's transaction. Returns the tokens of output that it may have; None:
    no budget has a say. Raises `Exhausted`.

    When little is left, it may have less output than it asked for, down to what makes it worthwhile. `lasts`: of a call
    in the background, how long it can last.
    """
    try:
        return _hold(_stopping(person, demand), ref, person, demand, now, lasts)
    except (Exhausted, Gone):
        # By what stands in the database, not by what was read a moment ago.
        rules.forget()
        return _hold(_stopping(person, demand), ref, person, demand, now, lasts)


def _stopping(person: UUID, demand: Demand) -> list[Rule]:
    """The rules that can refuse a call."""
    found = [rule for rule in rules.current() if rule.hard is not None and (demand.is_answer or rule.is_consumed)]
    if not found:
        return []
    groups = rules.groups_of(person) if any(rule.group is not None for rule in found) else frozenset()
    return applying(found, person=person, groups=groups, model=demand.model)


def _hold(
    stopping: list[Rule], ref: UUID, person: UUID, demand: Demand, now: datetime, lasts: timedelta | None
) -> int | None:
    if not stopping:
        return None
    held = [(rule, opened(rule, rule.holder(person), now)) for rule in stopping]
    output = min(_affordable(rule, use, demand, now) for rule, use in held)
    until = now + lasts if lasts is not None else None
    rows = []
    for rule, use in held:
        amount = demand.amount(rule, output)
        if rule.measure is Measure.REQUESTS:
            # Used at once: a question stays asked, however it is answered.
            use.spent += amount
        else:
            use.reserved += amount
            rows.append(Reservation(id=uuid7(), ref=ref, use_id=use.id, amount=amount, lasts_until=until))
        use.write()
    _insert.run(rows)
    return output if any(rule.is_consumed for rule in stopping) else None


def _affordable(rule: Rule, use: Use, demand: Demand, now: datetime) -> int:
    """Tokens of output that a rule allows. Raises `Exhausted`."""
    if rule.hard is None or (use.lifted_until is not None and use.lifted_until > now):
        return demand.output
    left = rule.hard - use.spent - use.reserved
    output = demand.affordable(rule, left)
    if output is None:
        why: Why = "used" if use.spent >= rule.hard else "reserved" if left <= 0 else "short"
        if why == "short" and demand.affordable(rule, rule.hard - use.spent) is not None:
            why = "reserved"
        raise Exhausted(rule, why, left, rule.period.end(now))
    return output


def settle(calls: Iterable[UpstreamCall], *, ref: UUID | None = None, withdrawn: bool = False) -> None:
    """Add what calls have used to the uses of all budgets that apply, and release what was set aside for `ref`; in the
    transaction that records the calls, behind their rollup. `withdrawn`: calls that turned out not to count.

    What a process with old rules leaves behind is counted and released later (`uses.count_anew`, `release_orphans`).
    """
    budgets = rules.current()
    if not budgets:
        return
    changes: dict[tuple[int, UUID], list[tuple[datetime, int]]] = {}
    for call in calls:
        for rule, amount in _used(budgets, call):
            changes.setdefault((rule.id, rule.holder(call.user_ref) or NOBODY), []).append(
                (rule.period.start(call.ended_at), -amount if withdrawn else amount)
            )
    released: dict[tuple[int, UUID], int] = {}
    if ref is not None:
        released = _released(Reservation.objects.filter(ref=ref))
    known = {rule.id: rule for rule in budgets}
    for key in sorted({*changes, *released}):
        _settle_one(key, known.get(key[0]), changes.get(key, []), released.get(key, 0))


def _settle_one(key: tuple[int, UUID], rule: Rule | None, changes: list[tuple[datetime, int]], released: int) -> None:
    budget, person = key
    use = locked(budget, person)
    if use is None:
        if rule is not None:
            with suppress(Gone):
                # Begins with what the rollup says, in which these calls are already.
                opened(rule, person if person != NOBODY else None, datetime.now(UTC)).write()
        return
    for start, amount in changes:
        if amount > 0:
            use.turn_to(start)
        # What ended before this period belongs to one that nobody asks for any more.
        if use.period_start == start:
            use.spent = max(0, use.spent + amount)
    use.reserved = max(0, use.reserved - released)
    use.write()


def _used(budgets: Iterable[Rule], call: UpstreamCall) -> Iterable[tuple[Rule, int]]:
    consumed = [rule for rule in budgets if rule.is_consumed]
    groups = rules.groups_of(call.user_ref) if any(rule.group is not None for rule in consumed) else frozenset()
    for rule in applying(consumed, person=call.user_ref, groups=groups, model=call.model_asked):
        if amount := used(rule, call):
            yield rule, amount


def used(rule: Rule, call: UpstreamCall) -> int:
    """What a priced call has used of a rule that calls consume. Simulated calls cost nothing."""
    if rule.measure is Measure.TOKENS:
        return call.cache_hit_tokens + call.cache_miss_tokens + call.output_tokens
    if call.cost is None or call.simulated or call.currency != rule.currency:
        return 0
    return units(call.cost)


def _released(rows: QuerySet[Reservation]) -> dict[tuple[int, UUID], int]:
    """Remove reservations. Returns what they held, by budget and person; of two who release the same, one gets it."""
    found = list(
        rows.select_for_update(of=("self",)).values_list("pk", "use__budget_id", "use__person", "amount").order_by("pk")
    )
    sums: dict[tuple[int, UUID], int] = {}
    for _, budget, person, amount in found:
        sums[budget, person] = sums.get((budget, person), 0) + amount
    if found:
        Reservation.objects.filter(pk__in=[row[0] for row in found]).delete()
    return sums


def release(ref: UUID) -> None:
    """Release what was set aside for a call in the background."""
    _release(Reservation.objects.filter(ref=ref))


def release_orphans(now: datetime) -> None:
    """Release what is set aside for answers that ended or are gone without settling, and for calls in the background
    that must be over.
    """
    running = Generation.objects.filter(pk=OuterRef("ref"), status__in=Generation.UNFINISHED)
    orphans = Reservation.objects.filter(Q(lasts_until__lt=now) | Q(lasts_until=None) & ~Exists(running))
    if orphans.exists():
        _release(orphans)


def _release(rows: QuerySet[Reservation]) -> None:
    with transaction.atomic():
        for (budget, person), amount in sorted(_released(rows).items()):
            _settle_one((budget, person), None, [], amount)
