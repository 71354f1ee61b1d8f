"""The reports for administrators: which there are, where they are, and who may read them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib.admin import AdminSite
from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponseBase
from django.urls import URLPattern, path, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from conversations.admin.balance import balance_errors
from conversations.admin.ends import abnormal_ends
from conversations.admin.usage import usage

View = Callable[[HttpRequest], HttpResponseBase]


@dataclass(frozen=True)
class Report:
    """A page under `/admin/`. `permission` is the one to view the rows that it is made of."""

    name: str
    title: str | Promise
    permission: str
    view: View

    @property
    def url(self) -> str:
        return reverse(f"admin:{self.name}")

    def is_allowed(self, request: HttpRequest) -> bool:
        return request.user.has_perm(self.permission)


REPORTS = (
    Report("usage", _("Usage and cost"), "conversations.view_usageday", usage),
    Report("balance-errors", _("Balance errors"), "conversations.view_upstreamcall", balance_errors),
    Report("abnormal-ends", _("Abnormal ends"), "conversations.view_upstreamcall", abnormal_ends),
)


def urls(site: AdminSite) -> list[URLPattern]:
    """The reports' addresses. People who are not administrators are treated as on every other page of the admin."""
    return [path(f"{report.name}/", site.admin_view(_guarded(report)), name=report.name) for report in REPORTS]


def as_apps(request: HttpRequest) -> list[dict[str, Any]]:
    """The reports that this person may read, in the form in which the admin lists an app and its models."""
    allowed = [report for report in REPORTS if report.is_allowed(request)]
    if not allowed:
        return []
    rows = [{"name": r.title, "object_name": r.name, "admin_url": r.url, "view_only": True} for r in allowed]
    return [{"name": _("Reports"), "app_label": "reports", "app_url": allowed[0].url, "models": rows}]


def _guarded(report: Report) -> View:
    guarded: View = permission_required(report.permission, raise_exception=True)(report.view)
    return guarded
