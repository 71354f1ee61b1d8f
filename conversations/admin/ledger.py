"""The ledger and its rollup, as they were written."""

from __future__ import annotations

from django.contrib import admin

from conversations.admin.facts import FactAdmin
from conversations.admin.filters import EndFilter, ErrorFilter, LedgerModelFilter, TariffModelFilter
from conversations.admin.people import OpaquePersonAdmin
from conversations.models import UpstreamCall, UsageDay


@admin.register(UpstreamCall)
class UpstreamCallAdmin(OpaquePersonAdmin, FactAdmin):
    list_display = (
        "started_at",
        "person",
        "purpose",
        "model_asked",
        "http_status",
        "finish_reason",
        "error_code",
        "cache_hit_tokens",
        "cache_miss_tokens",
        "output_tokens",
        "cost",
        "currency",
        "estimated",
        "simulated",
        "seconds",
    )
    list_filter = (LedgerModelFilter, EndFilter, ErrorFilter, "purpose", "peak", "estimated", "simulated")
    list_select_related = ("price",)
    date_hierarchy = "started_at"
    search_ids = ("pk", "generation_ref")

    @admin.display(description="seconds")
    def seconds(self, call: UpstreamCall) -> str:
        return f"{(call.ended_at - call.started_at).total_seconds():.1f}"


@admin.register(UsageDay)
class UsageDayAdmin(OpaquePersonAdmin, FactAdmin):
    list_display = (
        "day",
        "person",
        "model",
        "calls",
        "failures",
        "cache_hit_tokens",
        "cache_miss_tokens",
        "output_tokens",
        "reasoning_tokens",
        "cost",
        "currency",
        "simulated",
    )
    list_filter = (TariffModelFilter, "currency", "simulated")
    date_hierarchy = "day"
    ordering = ("-day", "model")
    search_ids = ()
