"""Filters whose choices cost one small query or none, however long the filtered table is."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from conversations.accounting.ends import ABNORMAL, CONTENT_ENDS, END, MEANINGS
from conversations.models import Price, UpstreamCall


class TariffModelFilter(admin.SimpleListFilter):
    """By model; the choices are the models that have a price."""

    title = "model"
    parameter_name = "model"
    column = "model"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin[Any]) -> Iterable[tuple[str, str]]:
        names = Price.objects.order_by("model").values_list("model", flat=True).distinct()
        return [(name, name) for name in names]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(**{self.column: self.value()}) if self.value() else queryset


class LedgerModelFilter(TariffModelFilter):
    column = "model_asked"


class EndFilter(admin.SimpleListFilter):
    """By abnormal end."""

    title = "abnormal end"
    parameter_name = "end"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin[Any]) -> Iterable[tuple[str, str]]:
        return [("any", "Any"), *((end, end) for end in MEANINGS)]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if not self.value():
            return queryset
        abnormal = queryset.filter(ABNORMAL)
        return abnormal if self.value() == "any" else abnormal.alias(end=END).filter(end=self.value())


class ErrorFilter(admin.SimpleListFilter):
    """By error; the choices are those that occurred, read from the column's index."""

    title = "error"
    parameter_name = "error"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin[Any]) -> Iterable[tuple[str, str]]:
        codes = UpstreamCall.objects.order_by("error_code").values_list("error_code", flat=True).distinct()
        return [("any", "Any"), ("fault", "Any but content"), *((code, code) for code in codes if code)]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if not self.value():
            return queryset
        if self.value() in ("any", "fault"):
            failed = queryset.exclude(error_code="")
            return failed if self.value() == "any" else failed.exclude(error_code__in=CONTENT_ENDS)
        return queryset.filter(error_code=self.value())
