"""Django's admin as this site has it: its model pages and, before them, the reports for administrators."""

from __future__ import annotations

from typing import Any

from django.contrib.admin import AdminSite
from django.contrib.admin.apps import AdminConfig
from django.http import HttpRequest
from django.urls import URLPattern, URLResolver


class AdministrationConfig(AdminConfig):
    """Takes the place of `django.contrib.admin` among the installed apps."""

    default_site = "chatsite.administration.AdministrationSite"


class AdministrationSite(AdminSite):
    """`admin.site`. The reports are listed like an app, so that the index and the sidebar show them alike."""

    index_title = "Administration"
    empty_value_display = "–"  # noqa: RUF001 - a dash for the eye

    def get_urls(self) -> list[URLResolver | URLPattern]:
        # Importing the admin's modules registers models on this very site: not before it exists.
        from conversations.admin import reports

        return [*reports.urls(self), *super().get_urls()]

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[dict[str, Any]]:
        from conversations.admin import reports

        apps: list[dict[str, Any]] = super().get_app_list(request, app_label)
        return apps if app_label else [*reports.as_apps(request), *apps]
