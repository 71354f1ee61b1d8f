"""Keysets: whose and since when. The wrapped key itself is never shown."""

from __future__ import annotations

from django.contrib import admin

from conversations.admin.facts import FactAdmin
from conversations.admin.people import SearchByPersonOrId
from conversations.models import Keyset


@admin.register(Keyset)
class KeysetAdmin(SearchByPersonOrId, FactAdmin):
    list_display = ("id", "purpose", "user", "created_at", "wrapped_at")
    list_filter = ("purpose",)
    list_select_related = ("user",)
    date_hierarchy = "created_at"
    ordering = ("-created_at",)
