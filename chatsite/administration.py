"""Django's admin as this site has it: its model pages and, before them, the reports for administrators."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib.admin import AdminSite
from django.contrib.admin.apps import AdminConfig
from django.db import router
from django.db.models import Model
from django.db.models.deletion import Collector
from django.http import HttpRequest
from django.urls import URLPattern, URLResolver
from django.utils.translation import gettext_lazy as _


class AdministrationConfig(AdminConfig):
    """Takes the place of `django.contrib.admin` among the installed apps."""

    default_site = "chatsite.administration.AdministrationSite"

    def ready(self) -> None:
        super().ready()
        from django.contrib.admin import site

        from conversations.admin import auditing

        # After all apps have registered their models.
        auditing.connect(site)


class AdministrationSite(AdminSite):
    """`admin.site`. The reports are listed like an app, so that the index and the sidebar show them alike."""

    index_title = _("Administration")
    empty_value_display = "–"  # noqa: RUF001 - a dash for the eye

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        from chatsite.accounts.acting import administrative

        return super().admin_view(administrative(view), cacheable)

    def get_urls(self) -> list[URLResolver | URLPattern]:
        # Importing the admin's modules registers models on this very site: not before it exists.
        from conversations.admin import reports

        return [*reports.urls(self), *super().get_urls()]

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[dict[str, Any]]:
        from conversations.admin import reports

        apps: list[dict[str, Any]] = super().get_app_list(request, app_label)
        return apps if app_label else [*reports.as_apps(request), *apps]


class CountedDeletion:
    """For a ModelAdmin whose rows own many others: before deleting, it counts what goes along instead of listing it.

    Django's own list nests every message below its parent: it takes as long as the history is, and fails on one that is
    deeper than Python's stack.
    """

    admin_site: AdminSite

    def get_deleted_objects(
        self, objs: Iterable[Model], request: HttpRequest
    ) -> tuple[list[str], dict[str, int], set[str], list[str]]:
        """What goes (by name), how much of each kind, which kinds this administrator must not delete, and nothing that
        is protected. Raises `ProtectedError` for rows that must stay.
        """
        rows = list(objs)
        counts = _cascade(rows)
        forbidden = {
            str(model._meta.verbose_name)
            for model in counts
            if self.admin_site.is_registered(model)
            and not self.admin_site.get_model_admin(model).has_delete_permission(request)
        }
        return [str(row) for row in rows], {_plural(model): n for model, n in counts.items()}, forbidden, []


def _cascade(rows: list[Model]) -> dict[type[Model], int]:
    """How many rows of each model go when `rows` do."""
    if not rows:
        return {}
    collector = Collector(using=router.db_for_write(type(rows[0])), origin=rows[0])
    collector.collect(rows)
    counts = {model: len(instances) for model, instances in collector.data.items()}
    for queryset in collector.fast_deletes:
        counts[queryset.model] = counts.get(queryset.model, 0) + queryset.count()
    return {model: number for model, number in counts.items() if number and not model._meta.auto_created}


def _plural(model: type[Model]) -> str:
    return str(model._meta.verbose_name_plural)
