"""Addresses of the rows that a figure is made of."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from urllib.parse import urlencode

from django.urls import reverse

from conversations.accounting.selection import Selection


def calls_address(selection: Selection, *, moment: date | datetime | None = None, **filters: str | None) -> str:
    """The ledger's rows of a selection; with `moment`, those of that day or hour alone. `filters` are the parameters of
    the ledger's list; None and "" leave one out.
    """
    query = _span(selection, moment, "started_at")
    if selection.person is not None:
        query["user_ref"] = str(selection.person)
    if selection.model:
        query["model"] = selection.model
    return _address("upstreamcall", query | {name: value for name, value in filters.items() if value})


def cases_address(selection: Selection, *, moment: date | datetime | None = None, **filters: str | None) -> str:
    """The same for the review queue."""
    query = _span(selection, moment, "occurred_at")
    if selection.person is not None:
        query["user_ref"] = str(selection.person)
    if selection.model:
        query["model"] = selection.model
    return _address("reviewcase", query | {name: value for name, value in filters.items() if value})


def _span(selection: Selection, moment: date | datetime | None, column: str) -> dict[str, str]:
    since: date | datetime = moment or selection.since
    length = timedelta(hours=1) if isinstance(moment, datetime) else timedelta(days=1)
    until = (moment or selection.until) + length
    return {f"{column}__gte": _plain(since), f"{column}__lt": _plain(until)}


def _plain(moment: date | datetime) -> str:
    if isinstance(moment, datetime):
        return moment.strftime("%Y-%m-%d %H:%M:%S+00:00")
    return f"{moment.isoformat()} 00:00:00+00:00"


def _address(model: str, query: dict[str, str]) -> str:
    return f"{reverse(f'admin:conversations_{model}_changelist')}?{urlencode(query)}"
