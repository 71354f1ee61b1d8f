"""Prices, peak windows and holidays: the data that administrators keep."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext as _

from conversations.accounting import tariff
from conversations.models import Holiday, PeakWindow, Price, UpstreamCall


class TariffPartAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """A change counts at once in this process and within a minute in all others. Recorded calls keep their cost."""

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        tariff.forget()

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        super().delete_model(request, obj)
        tariff.forget()

    def delete_queryset(self, request: HttpRequest, queryset: Any) -> None:
        super().delete_queryset(request, queryset)
        tariff.forget()


@admin.register(Price)
class PriceAdmin(TariffPartAdmin):
    # Deleting several at once would first load every call that used one of them.
    actions = None
    list_display = ("model", "valid_from", "currency", "cache_hit", "cache_miss", "output", "peak_factor")
    list_filter = ("model", "currency")
    search_fields = ("model",)
    date_hierarchy = "valid_from"
    ordering = ("model", "-valid_from")

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Django's two fields of a moment have words beside them and no labels."""
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if db_field.name == "valid_from" and field is not None:
            day, time = field.widget.widgets
            day.attrs["aria-label"], time.attrs["aria-label"] = _("Day"), _("Time")
        return field

    def has_delete_permission(self, request: HttpRequest, obj: Price | None = None) -> bool:
        if obj is not None and UpstreamCall.objects.filter(price=obj).exists():
            return False
        return super().has_delete_permission(request, obj)


@admin.register(PeakWindow)
class PeakWindowAdmin(TariffPartAdmin):
    list_display = ("__str__", "starts", "ends")


@admin.register(Holiday)
class HolidayAdmin(TariffPartAdmin):
    list_display = ("day", "name")
    search_fields = ("name",)
    date_hierarchy = "day"
