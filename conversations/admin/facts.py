"""Rows that administrators look at and do not touch, without the columns that hold ciphertext."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.auth import get_user_model
from django.db import models
from django.db.models import QuerySet
from django.db.models.constants import LOOKUP_SEP
from django.http import HttpRequest


def binary_columns(model: type[models.Model]) -> tuple[str, ...]:
    """The columns of `model` that hold ciphertext or wrapped keys."""
    return tuple(field.name for field in model._meta.fields if isinstance(field, models.BinaryField))


class FactAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Read-only: no add, no change, and no delete except together with the person to whom the row belongs.

    Binary columns are neither shown nor loaded nor searchable by an address.
    """

    actions: Any = None
    list_per_page = 50
    show_full_result_count = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).defer(*binary_columns(self.model))

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        hidden = binary_columns(self.model)
        return [field.name for field in self.opts.fields if field.name not in hidden]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        return self.get_fields(request, obj)

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        # Django lets an address filter by any column of the model itself: `?wrapped__startswith=` would tell the bytes
        # one by one.
        if lookup.split(LOOKUP_SEP)[0] in binary_columns(self.model):
            return False
        return super().lookup_allowed(lookup, value, request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Django asks here as well when it is about to delete a person with everything that is theirs."""
        return deletes_people(request) and super().has_delete_permission(request, obj)


def deletes_people(request: HttpRequest) -> bool:
    """Whether a page is asked for that deletes people, with all that is theirs."""
    people = get_user_model()._meta
    prefix = f"{people.app_label}_{people.model_name}_"
    match = request.resolver_match
    return match is not None and match.url_name in (f"{prefix}delete", f"{prefix}changelist")
