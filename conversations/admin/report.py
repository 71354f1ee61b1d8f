"""A page of figures under `/admin/`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from django.http import HttpRequest, HttpResponseBase
from django.urls import reverse
from django.utils.functional import Promise

View = Callable[[HttpRequest], HttpResponseBase]


@dataclass(frozen=True)
class Report:
    """Each module of a report has its `REPORT`; `reports.REPORTS` names all of them. `permission` is the one to view
    the rows that the page is made of.
    """

    name: str
    title: str | Promise
    permission: str
    view: View
    listed: bool = True
    """Whether the index and the sidebar name it; others are reached by links (the page about one person)."""

    @property
    def url(self) -> str:
        return reverse(f"admin:{self.name}")

    def is_allowed(self, request: HttpRequest) -> bool:
        return request.user.has_perm(self.permission)
