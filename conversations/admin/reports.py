"""The reports for administrators: which there are, where they are, and who may read them."""

from __future__ import annotations

from typing import Any

from django.contrib.admin import AdminSite
from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest
from django.urls import URLPattern, path
from django.utils.translation import gettext_lazy as _

from conversations.admin import (
    account_balance,
    balance,
    budgets,
    cache,
    ends,
    failures,
    models_report,
    moderation,
    overview,
    person,
    usage,
    users,
)
from conversations.admin.report import Report, View

REPORTS: tuple[Report, ...] = (
    overview.REPORT,
    usage.REPORT,
    users.REPORT,
    person.REPORT,
    models_report.REPORT,
    cache.REPORT,
    account_balance.REPORT,
    balance.REPORT,
    failures.REPORT,
    moderation.REPORT,
    ends.REPORT,
    budgets.REPORT,
)
"""In the order in which people find them."""


def urls(site: AdminSite) -> list[URLPattern]:
    """The reports' addresses. People who are not administrators are treated as on every other page of the admin."""
    return [path(f"{report.name}/", site.admin_view(_guarded(report)), name=report.name) for report in REPORTS]


def as_apps(request: HttpRequest) -> list[dict[str, Any]]:
    """The reports that this person may read, in the form in which the admin lists an app and its models."""
    allowed = [report for report in REPORTS if report.listed and report.is_allowed(request)]
    if not allowed:
        return []
    rows = [{"name": r.title, "object_name": r.name, "admin_url": r.url, "view_only": True} for r in allowed]
    return [{"name": _("Reports"), "app_label": "reports", "app_url": allowed[0].url, "models": rows}]


def _guarded(report: Report) -> View:
    guarded: View = permission_required(report.permission, raise_exception=True)(report.view)
    return guarded
