"""Prices, peak windows and holidays: the data that administrators keep."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.validators import MinValueValidator
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _

from conversations.accounting import tariff
from conversations.accounting.prices import Tariff
from conversations.accounting.what_if import DAYS, what_if
from conversations.admin.repricing import repricing
from conversations.models import Holiday, PeakWindow, Price, UpstreamCall


def _forget() -> None:
    tariff.forget()
    # Again, as somebody else may read the old prices until the change is committed.
    transaction.on_commit(tariff.forget)


class TariffPartAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """A change counts at once in this process and within a minute in all others. Recorded calls keep their cost until
    they are repriced. What a change does can be looked at before it is saved.
    """

    change_form_template = "admin/tariff/change_form.html"

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        _forget()

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        super().delete_model(request, obj)
        _forget()

    def delete_queryset(self, request: HttpRequest, queryset: Any) -> None:
        super().delete_queryset(request, queryset)
        _forget()

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.preview)
        return [path("preview/", view, name=f"{self._address}_preview"), *super().get_urls()]

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        context["preview_url"] = reverse(f"admin:{self._address}_preview")
        return super().render_change_form(request, context, *args, **kwargs)

    @property
    def _address(self) -> str:
        return f"{self.opts.app_label}_{self.opts.model_name}"

    def proposed(self, current: Tariff, row: Any) -> tuple[Tariff, Tariff]:
        """Two tariffs to compare: without and with `row`, which is not saved."""
        raise NotImplementedError

    def preview(self, request: HttpRequest) -> HttpResponse:
        """What the form on its way would change. Saves nothing; the page that it answers with can send it on."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        pk = request.GET.get("row")
        row = self.get_object(request, unquote(pk)) if pk else None
        if pk and row is None:
            raise Http404
        if not (self.has_change_permission(request, row) if row else self.has_add_permission(request)):
            raise PermissionDenied
        form = self.get_form(request, row, change=row is not None)(request.POST, instance=row)
        if not form.is_valid():
            # Django's own page says what is wrong, and saves nothing either.
            return self.changeform_view(request, pk)
        before, after = self.proposed(tariff.read_tariff(), form.instance)
        back = reverse(f"admin:{self._address}_change", args=[pk]) if pk else reverse(f"admin:{self._address}_add")
        context = {
            **self.admin_site.each_context(request),
            "title": _("What this change does"),
            "opts": self.opts,
            "changes": what_if(before, after, now=datetime.now(UTC)),
            "days": DAYS,
            "sent": [(name, request.POST[name]) for name in request.POST if name != "csrfmiddlewaretoken"],
            "action": back,
        }
        return TemplateResponse(request, "admin/tariff/preview.html", context)


class PriceForm(forms.ModelForm):  # type: ignore[type-arg]
    """A call never earns anything, and a currency is written in one way only."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("cache_hit", "cache_miss", "output", "peak_factor"):
            self.fields[name].validators.append(MinValueValidator(0))

    def clean_currency(self) -> str:
        code = str(self.cleaned_data["currency"]).upper()
        if not (len(code) == 3 and code.isascii() and code.isalpha()):
            raise ValidationError(_("This is no currency. Give its three letters, such as USD or CNY."))
        return code


class PeakWindowForm(forms.ModelForm):  # type: ignore[type-arg]
    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        starts, ends = cleaned.get("starts"), cleaned.get("ends")
        if starts and ends and starts >= ends:
            self.add_error("ends", _("A window ends later on the same day. Enter two for one that goes past midnight."))
        return cleaned


@admin.register(Price)
class PriceAdmin(TariffPartAdmin):
    form = PriceForm
    # Deleting several at once would first load every call that used one of them.
    actions = None
    list_display = ("model", "valid_from", "currency", "cache_hit", "cache_miss", "output", "peak_factor")
    list_filter = ("model", "currency")
    search_fields = ("model",)
    date_hierarchy = "valid_from"
    ordering = ("model", "-valid_from")

    def get_urls(self) -> list[URLPattern]:
        return [path("reprice/", self.admin_site.admin_view(repricing), name="reprice"), *super().get_urls()]

    def proposed(self, current: Tariff, row: Price) -> tuple[Tariff, Tariff]:
        """At the prices of now, or of when the row begins to be valid if that is later."""
        others = tuple(each for each in current.rows if each.id != row.pk)
        changed = replace(current, rows=(*others, tariff.row_of(row)))
        moment = max(row.valid_from, datetime.now(UTC))
        return current.at(moment), changed.at(moment)

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
    form = PeakWindowForm
    list_display = ("__str__", "starts", "ends")

    def proposed(self, current: Tariff, row: PeakWindow) -> tuple[Tariff, Tariff]:
        others = PeakWindow.objects.exclude(pk=row.pk).values_list("starts", "ends")
        now = current.at(datetime.now(UTC))
        return now, replace(now, windows=(*others, (row.starts, row.ends)))


@admin.register(Holiday)
class HolidayAdmin(TariffPartAdmin):
    list_display = ("day", "name")
    search_fields = ("name",)
    date_hierarchy = "day"

    def proposed(self, current: Tariff, row: Holiday) -> tuple[Tariff, Tariff]:
        others = Holiday.objects.exclude(pk=row.pk).values_list("day", flat=True)
        return current, replace(current, holidays=frozenset((*others, row.day)))
