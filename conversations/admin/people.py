"""Whose row it is: finding rows by person or id, and naming people who may not exist any more."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from django.contrib import admin
from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from chatsite.accounts.models import User
from conversations.accounting.people import Person


class SearchByPersonOrId(admin.ModelAdmin):  # type: ignore[type-arg]
    """The search box takes an id (compared with `search_ids`) or part of an e-mail address."""

    search_fields = ("pk",)  # Django shows the box only when there are some.
    search_help_text = _("An id, or part of an e-mail address")
    search_ids: tuple[str, ...] = ("pk",)
    search_person = "user"
    """Path to the person's key."""

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        term = search_term.strip()
        if not term:
            return queryset, False
        wanted = as_uuid(term)
        if wanted is not None:
            ids = (*self.search_ids, self.search_person)
            return queryset.filter(Q.create([(name, wanted) for name in ids], connector=Q.OR)), False
        people = User.objects.filter(email__icontains=term).values("pk")
        return queryset.filter(**{f"{self.search_person}__in": people}), False


class OpaquePersonAdmin(SearchByPersonOrId):
    """Rows that name a person by `user_ref`, without a foreign key, and outlive them."""

    search_person = "user_ref"
    EMAIL: Final = "person_email"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        email = User.objects.filter(pk=OuterRef("user_ref")).values("email")
        rows: QuerySet[Any] = super().get_queryset(request).annotate(**{self.EMAIL: Subquery(email)})
        return rows

    @admin.display(description=_("person"), ordering=EMAIL)
    def person(self, row: Any) -> str:
        return Person(row.user_ref, getattr(row, self.EMAIL)).label


def as_uuid(text: str) -> UUID | None:
    """The id that `text` spells, or None."""
    try:
        return UUID(text)
    except ValueError:
        return None
