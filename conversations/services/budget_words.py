"""Budgets in words, for the people whom they apply to."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from django.utils.formats import date_format, number_format
from django.utils.translation import gettext, ngettext, pgettext

from conversations.accounting.budget_rules import Measure, Period, Rule, Scope, money
from conversations.accounting.people import Person
from conversations.accounting.reservations import Exhausted
from conversations.services.access import Refused
from conversations.services.models import MODELS

_CENT = Decimal("0.01")


def name(rule: Rule) -> str:
    """Whose budget it is, as the subject of a sentence."""
    model = next((each.name for each in MODELS if each.id == rule.model), rule.model)
    if rule.is_individual:
        return gettext("Your budget for {model}").format(model=model) if model else gettext("Your budget")
    if rule.scope is Scope.GROUP:
        if model:
            return gettext("The budget of the group “{group}” for {model}").format(group=rule.group_name, model=model)
        return gettext("The budget of the group “{group}”").format(group=rule.group_name)
    return (
        gettext("The budget that everybody here shares for {model}").format(model=model)
        if model
        else gettext("The budget that everybody here shares")
    )


def holder_of(rule: Rule, person: Person | None) -> str:
    """Whom a budget is for, for administrators; `person`: whose use it is."""
    if person is not None:
        return person.label
    return gettext("group {group}").format(group=rule.group_name) if rule.group_name else gettext("everybody together")


def amount(rule: Rule, units: int) -> str:
    """So many units of a rule's measure."""
    if rule.measure is Measure.MONEY:
        value = money(units)
        # As exact as it needs to be, and two places at least.
        places = 2 if value == value.quantize(_CENT) or value >= 1 else 6
        return f"{number_format(value.quantize(Decimal(1).scaleb(-places)), places)} {rule.currency}"
    number = number_format(units, force_grouping=True)
    if rule.measure is Measure.TOKENS:
        return ngettext("{number} token", "{number} tokens", units).format(number=number)
    if rule.measure is Measure.REQUESTS:
        return ngettext("{number} question", "{number} questions", units).format(number=number)
    return ngettext("{number} answer at once", "{number} answers at once", units).format(number=number)


def limit(rule: Rule) -> str:
    """What a rule allows, such as "5.00 USD a month"."""
    allowed = amount(rule, rule.hard if rule.hard is not None else rule.soft or 0)
    match rule.period:
        case Period.MINUTE:
            return pgettext("budget", "{amount} a minute").format(amount=allowed)
        case Period.DAY:
            return pgettext("budget", "{amount} a day").format(amount=allowed)
        case Period.WEEK:
            return pgettext("budget", "{amount} a week").format(amount=allowed)
        case Period.MONTH:
            return pgettext("budget", "{amount} a month").format(amount=allowed)
    return allowed


def renewal(rule: Rule, now: datetime) -> str:
    """When it renews; empty for what has no period."""
    end = rule.period.end(now)
    if end is None:
        return ""
    if rule.period is Period.MINUTE:
        seconds = max(1, round((end - now).total_seconds()))
        return ngettext("You can go on in {number} second.", "You can go on in {number} seconds.", seconds).format(
            number=seconds
        )
    return gettext("It renews on {day}, 00:00 UTC.").format(day=date_format(end, "DATE_FORMAT"))


def refusal(exhausted: Exhausted, now: datetime) -> Refused:
    """What the person reads."""
    rule = exhausted.rule
    if rule.measure is Measure.RUNNING:
        return Refused("budget_running", f"{_running(rule)} {_kept()}")
    words = {"budget": name(rule), "limit": limit(rule), "left": amount(rule, max(0, exhausted.left))}
    if exhausted.why == "used":
        happened = gettext("{budget} is used up ({limit}).").format(**words)
    elif exhausted.why == "reserved":
        happened = gettext(
            "What is left of it is set aside for answers that are being written. {budget} ({limit}) may allow this "
            "question when they have ended."
        ).format(**words)
    else:
        happened = gettext(
            "{budget} ({limit}) has {left} left, too little for this question. A shorter one, a new chat or another "
            "model may still fit."
        ).format(**words)
    parts = [happened, renewal(rule, now), _kept()]
    if rule.period is not Period.MINUTE:
        parts.append(gettext("Your administrators can raise it."))
    return Refused("budget_used_up", " ".join(part for part in parts if part))


def _running(rule: Rule) -> str:
    if rule.is_individual:
        return ngettext(
            "{number} answer of yours is being written, as many as are allowed at once. Wait for its end, or stop it.",
            "{number} answers of yours are being written, as many as are allowed at once. Wait for one to end, or "
            "stop one.",
            rule.hard or 0,
        ).format(number=rule.hard)
    return gettext(
        "As many answers are being written for everybody together as are allowed at once. Try again in a moment."
    )


def _kept() -> str:
    return gettext("Nothing was sent, and your text was kept.")
