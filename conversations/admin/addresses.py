"""Addresses of the rows that figures are made of."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from django.http import HttpRequest, QueryDict
from django.urls import reverse

from conversations.accounting.selection import Selection


def usage_address(selection: Selection, **more: str) -> str:
    """The table of usage by person and day for a selection."""
    return f"{reverse('admin:usage')}?{_query(selection, **more)}"


def failures_address(request: HttpRequest, selection: Selection) -> str:
    """The failed calls of a selection; nothing for people who may not see calls."""
    if not request.user.has_perm("conversations.view_upstreamcall"):
        return ""
    return f"{reverse('admin:failures')}?{_query(selection)}"


def users_address(selection: Selection) -> str:
    """Who used something in the days of a selection."""
    return f"{reverse('admin:users')}?{_query(Selection(selection.since, selection.until, None, selection.model))}"


def usage_of_day(request: HttpRequest, selection: Selection) -> Callable[[date], str]:
    """For a chart: the usage of each of its days; nothing for people who may not see it."""
    if not request.user.has_perm("conversations.view_usageday"):
        return lambda day: ""
    return lambda day: usage_address(Selection(day, day, selection.person, selection.model))


def _query(selection: Selection, **more: str) -> str:
    query = QueryDict(mutable=True)
    query.update({"since": selection.since.isoformat(), "until": selection.until.isoformat()})
    if selection.person is not None:
        query["person"] = str(selection.person)
    if selection.model:
        query["model"] = selection.model
    query.update(more)
    return query.urlencode()
