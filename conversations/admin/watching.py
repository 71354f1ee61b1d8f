"""What the site watches over itself: rules, marks of the balance, its readings, and alerts with whom they reached."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from conversations.admin.facts import FactAdmin
from conversations.models import Alert, AlertDelivery, BalanceMark, BalanceReading, WatchRules
from conversations.services.alert_letter import subject_of


@admin.register(WatchRules)
class WatchRulesAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """One row: its list leads to it at once."""

    fieldsets = (
        (_("Balance"), {"fields": ("poll_minutes",)}),
        (_("Incidents"), {"fields": ("failure_minutes", "failure_calls", "failure_percent")}),
        (_("Repeated moderation"), {"fields": ("repeat_events", "repeat_days")}),
        (_("Automatic pause"), {"fields": ("pause_events", "pause_hours")}),
    )

    def has_add_permission(self, request: HttpRequest) -> bool:
        return super().has_add_permission(request) and not WatchRules.objects.exists()

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        if not self.has_view_or_change_permission(request):
            return super().changelist_view(request, extra_context)
        rules, _created = WatchRules.objects.get_or_create(pk=1)
        return HttpResponseRedirect(reverse("admin:conversations_watchrules_change", args=[rules.pk]))


@admin.register(BalanceMark)
class BalanceMarkAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ("__str__", "currency", "amount", "days")


@admin.register(BalanceReading)
class BalanceReadingAdmin(FactAdmin):
    list_display = ("taken_at", "upstream", "currency", "total", "granted", "topped_up", "is_available")
    list_filter = ("is_available",)
    date_hierarchy = "taken_at"


class DeliveryInline(admin.TabularInline):  # type: ignore[type-arg]
    model = AlertDelivery
    fields = readonly_fields = ("news", "way", "user", "tries", "sent_at", "due_at")
    can_delete = False
    extra = 0
    verbose_name_plural = _("told")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("conversations.view_alert")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Alert)
class AlertAdmin(FactAdmin):
    list_display = ("raised_at", "recovered_at", "subject", "kind")
    list_filter = ("kind", ("recovered_at", admin.EmptyFieldListFilter))
    date_hierarchy = "raised_at"
    inlines = (DeliveryInline,)

    @admin.display(description=_("what"))
    def subject(self, alert: Alert) -> str:
        return subject_of(alert)
