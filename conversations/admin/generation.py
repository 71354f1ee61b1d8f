"""Generations and their checkpoints: what runs, who owns it, how it ended."""

from __future__ import annotations

from django.contrib import admin

from conversations.admin.facts import FactAdmin
from conversations.admin.filters import TariffModelFilter
from conversations.admin.people import SearchByPersonOrId
from conversations.models import Checkpoint, Generation


@admin.register(Generation)
class GenerationAdmin(SearchByPersonOrId, FactAdmin):
    list_display = (
        "message_id",
        "user",
        "model",
        "upstream",
        "status",
        "attempt",
        "takeovers",
        "finish_reason",
        "error_code",
        "prompt_tokens",
        "completion_tokens",
        "cost",
        "currency",
        "duration_ms",
        "created_at",
    )
    list_filter = ("status", TariffModelFilter, "estimated", "simulated")
    list_select_related = ("user",)
    date_hierarchy = "created_at"
    ordering = ("-created_at",)
    search_ids = ("pk", "command", "message__conversation")


@admin.register(Checkpoint)
class CheckpointAdmin(SearchByPersonOrId, FactAdmin):
    list_display = ("id", "generation", "person", "attempt", "seq")
    list_filter = ("attempt",)
    list_select_related = ("generation__user",)
    ordering = ("-id",)
    search_ids = ("pk", "generation")
    search_person = "generation__user"

    @admin.display(description="person", ordering="generation__user__email")
    def person(self, checkpoint: Checkpoint) -> str:
        return checkpoint.generation.user.email
