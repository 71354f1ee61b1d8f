"""Budgets in words, for the admin's pages."""

from __future__ import annotations

from django import template

from conversations.accounting.budget_report import BudgetRow
from conversations.accounting.budget_rules import Rule
from conversations.services import budget_words

register = template.Library()


@register.filter
def budget_limit(rule: Rule) -> str:
    """`5.00 USD a month`"""
    return budget_words.limit(rule)


@register.filter
def budget_amount(rule: Rule, units: int) -> str:
    """`0.25 USD`"""
    return budget_words.amount(rule, units)


@register.filter
def budget_holder(row: BudgetRow) -> str:
    """Whom it is for."""
    return budget_words.holder_of(row.rule, row.person)
