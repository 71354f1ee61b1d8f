"""Budgets: what an answer may use is set aside before it starts, and people see what is left to them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

from django.db import transaction
from uuid_utils.compat import uuid7

from chatsite import database
from conversations.accounting import reservations, rules
from conversations.accounting.budget_rules import Demand, Rule, applying
from conversations.accounting.reservations import Exhausted
from conversations.accounting.uses import miss
from conversations.deepseek import estimate_tokens
from conversations.generation.job import Job
from conversations.models import BudgetUse
from conversations.models.budget import NOBODY
from conversations.services import budget_words
from conversations.services.models import default_output
from conversations.services.policy import terms_for

_LEAST = {"off": 1_024}
_LEAST_THINKING = 8_192
"""Tokens of output without which an answer is not worth beginning; thinking takes most of them."""
_BACKGROUND = timedelta(minutes=15)
"""That a title or a summary can last."""
_MARGIN = 1.1
"""What a prompt is taken for, as its size is an estimate."""


def limited(job: Job) -> Job:
    """The job with the tokens of output that policy and budgets leave it, which are set aside for it: in the caller's
    transaction, as the last lock that it takes. Raises `Refused`. No statement as long as there are no budgets.
    """
    most = job.options.max_tokens or default_output(job.model, job.thinking)
    longest = terms_for(job.user_id).longest_output
    output = most if longest is None else min(most, longest)
    limit = None if longest is None else output
    if rules.current():
        demand = _demand(
            job.model,
            prompt=job.prompt_tokens + estimate_tokens(job.text) + estimate_tokens(job.reasoning if job.text else ""),
            output=output,
            least=_LEAST.get(job.thinking, _LEAST_THINKING),
            is_answer=True,
        )
        held = _held(job.message_id, job.user_id, demand)
        limit = limit if held is None else held
    return job if limit == job.output_limit else replace(job, output_limit=limit)


@asynccontextmanager
async def held(user_id: UUID, model: str, prompt: int, output: int) -> AsyncIterator[None]:
    """Set aside what a call in the background may use, until the block is left: by then it is in the ledger. Raises
    `Refused`. Asks no database as long as there are no budgets.
    """
    if rules.are_known_to_be_none():
        yield
        return
    ref = uuid7()
    await database.run(_hold_call, ref, user_id, model, prompt, output)
    try:
        yield
    finally:
        await database.run(reservations.release, ref)


def _hold_call(ref: UUID, user_id: UUID, model: str, prompt: int, output: int) -> None:
    demand = _demand(model, prompt=prompt, output=output, least=output, is_answer=False)
    with transaction.atomic():
        _held(ref, user_id, demand, _BACKGROUND)


def _demand(model: str, *, prompt: int, output: int, least: int, is_answer: bool) -> Demand:
    prompt = int(prompt * _MARGIN) + 1
    quote = reservations.quote(model, prompt, datetime.now(UTC))
    return Demand(model=model, prompt=prompt, output=output, least=least, quote=quote, is_answer=is_answer)


def _held(ref: UUID, user_id: UUID, demand: Demand, lasts: timedelta | None = None) -> int | None:
    now = datetime.now(UTC)
    try:
        return reservations.hold(ref=ref, person=user_id, demand=demand, now=now, lasts=lasts)
    except Exhausted as exhausted:
        miss(exhausted.rule, exhausted.rule.holder(user_id))
        raise budget_words.refusal(exhausted, now) from None


@dataclass(frozen=True, slots=True, kw_only=True)
class Remaining:
    """What is left of one budget, in words."""

    name: str
    limit: str
    left: str
    used: str
    renewal: str
    percent: int
    """Of the limit that is used; above 100 when it was overdrawn."""
    is_near: bool
    """Whether the mark for a warning is passed."""
    is_used_up: bool
    is_lifted: bool
    is_own: bool
    """Whether nobody else uses it up."""


def remaining(user_id: UUID) -> list[Remaining]:
    """What is left of all budgets that apply to a person and are consumed over time. At most three queries.

    What others use of a budget that is shared is not told, only how much of it is left, as a share.
    """
    budgets = [rule for rule in rules.current() if rule.period]
    if not budgets:
        return []
    groups, now = rules.groups_of(user_id), datetime.now(UTC)
    found: dict[int, Rule] = {}
    for model in {rule.model for rule in budgets}:
        found |= {rule.id: rule for rule in applying(budgets, person=user_id, groups=groups, model=model)}
    rows = BudgetUse.objects.filter(budget_id__in=found, person__in=(user_id, NOBODY))
    uses = {(row.budget_id, row.person): row for row in rows}
    return [
        _remaining(rule, uses.get((rule.id, rule.holder(user_id) or NOBODY)), now) for _, rule in sorted(found.items())
    ]


def _remaining(rule: Rule, use: BudgetUse | None, now: datetime) -> Remaining:
    spent = 0
    if use is not None:
        is_current = use.period_start >= rule.period.start(now)
        spent = use.reserved + (use.spent if is_current else 0)
    most = rule.hard if rule.hard is not None else rule.soft or 0
    return Remaining(
        name=budget_words.name(rule),
        limit=budget_words.limit(rule),
        left=budget_words.amount(rule, max(0, most - spent)),
        used=budget_words.amount(rule, spent),
        renewal=budget_words.renewal(rule, now),
        percent=spent * 100 // most if most else 100,
        is_near=rule.soft is not None and spent >= rule.soft,
        is_used_up=rule.hard is not None and spent >= rule.hard,
        is_lifted=bool(use and use.lifted_until and use.lifted_until > now),
        is_own=rule.is_individual,
    )
