"""The audit log, to be looked at: who changed what, when and from where."""

from __future__ import annotations

import json
from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from conversations.admin.facts import FactAdmin
from conversations.models import AuditEntry


@admin.register(AuditEntry)
class AuditEntryAdmin(FactAdmin):
    list_display = ("number", "at", "actor", "action", "subject", "what_changed", "kind", "address")
    list_filter = ("action", "kind")
    search_fields = ("actor", "subject", "subject_ref", "address")
    search_help_text = _("Who, which, or a network address")
    date_hierarchy = "at"
    ordering = ("-number",)
    _facts = ("number", "at", "actor", "actor_ref", "address", "action", "kind", "subject", "subject_ref")
    fieldsets = (
        (None, {"fields": _facts}),
        (_("Changes"), {"fields": ("old_and_new",)}),
        (_("Chain"), {"fields": ("previous", "hash")}),
    )

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        return [*self._facts, "old_and_new", "previous", "hash"]

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @admin.display(description=_("changes"))
    def what_changed(self, entry: AuditEntry) -> str:
        return ", ".join(json.loads(entry.changes))

    @admin.display(description=_("old and new"))
    def old_and_new(self, entry: AuditEntry) -> str | SafeString:
        changes: dict[str, list[str | None]] = json.loads(entry.changes)
        if not changes:
            return str(_("none"))
        rows = ((name, old or "–", new or "–") for name, (old, new) in changes.items())  # noqa: RUF001 - for the eye
        head = format_html(
            '<thead><tr><th scope="col">{}</th><th scope="col">{}</th><th scope="col">{}</th></tr></thead>',
            _("Column"),
            _("Old"),
            _("New"),
        )
        body = format_html_join("", '<tr><th scope="row">{}</th><td>{}</td><td>{}</td></tr>', rows)
        return format_html('<table class="audit-changes">{}<tbody>{}</tbody></table>', head, body)
