"""The review queue and the pauses of people."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from chatsite.accounts.models import User
from conversations.accounting.ends import meaning
from conversations.accounting.people import find_person
from conversations.admin.facts import FactAdmin
from conversations.admin.filters import TariffModelFilter
from conversations.admin.people import OpaquePersonAdmin, SearchByPersonOrId
from conversations.models import Pause, ReviewCase
from conversations.services import audit, moderation, standing

_MOST_NOTE = 2000


def _moderator(request: HttpRequest) -> User:
    """The admin lets in nobody else than people who are signed in."""
    return cast("User", request.user)


class ReviewForm(forms.ModelForm):  # type: ignore[type-arg]
    remark = forms.CharField(
        label=_("Note"),
        required=False,
        max_length=_MOST_NOTE,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("For colleagues who review. It is stored encrypted."),
    )

    class Meta:
        model = ReviewCase
        fields = ("state",)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["remark"] = moderation.note_of(self.instance)


@admin.register(ReviewCase)
class ReviewCaseAdmin(OpaquePersonAdmin, FactAdmin):
    """Cases come from the ledger; a moderator decides on them and removes none."""

    form = ReviewForm
    actions = ("mark_reviewed", "mark_dismissed", "mark_open")
    list_display = ("occurred_at", "person", "end", "model", "upstream", "state", "reviewer", "reviewed_at")
    list_filter = ("state", "end", TariffModelFilter)
    list_select_related = ("reviewer",)
    date_hierarchy = "occurred_at"
    search_ids = ("pk", "call_ref")
    _FACTS = (
        "occurred_at",
        "person",
        "end",
        "what_it_means",
        "model",
        "upstream",
        "call_ref",
        "reviewer",
        "reviewed_at",
    )

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        return [*self._FACTS, "state", *(["remark"] if self.has_change_permission(request, obj) else [])]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        return [*self._FACTS]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("conversations.change_reviewcase")

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        moderation.review(obj, _moderator(request), obj.state, form.cleaned_data["remark"])

    @admin.display(description=_("meaning"))
    def what_it_means(self, case: ReviewCase) -> str:
        return meaning(case.end)

    @admin.action(description=_("Mark as reviewed"), permissions=["change"])
    def mark_reviewed(self, request: HttpRequest, queryset: QuerySet[ReviewCase]) -> None:
        self._mark(request, queryset, ReviewCase.State.REVIEWED)

    @admin.action(description=_("Dismiss"), permissions=["change"])
    def mark_dismissed(self, request: HttpRequest, queryset: QuerySet[ReviewCase]) -> None:
        self._mark(request, queryset, ReviewCase.State.DISMISSED)

    @admin.action(description=_("Open again"), permissions=["change"])
    def mark_open(self, request: HttpRequest, queryset: QuerySet[ReviewCase]) -> None:
        self._mark(request, queryset, ReviewCase.State.OPEN)

    def _mark(self, request: HttpRequest, queryset: QuerySet[ReviewCase], state: str) -> None:
        # A subquery names the person in this list; saving needs the row alone.
        cases = list(ReviewCase.objects.filter(pk__in=queryset.values("pk")))
        for case in cases:
            moderation.review(case, _moderator(request), state)
        messages.success(request, gettext("Cases changed: {number}.").format(number=len(cases)))


class PauseForm(forms.ModelForm):  # type: ignore[type-arg]
    """Names the person as the review queue does: who reviews need not have a right to look through all people."""

    who = forms.CharField(label=_("Person"), max_length=254, help_text=_("E-mail or id"))

    class Meta:
        model = Pause
        fields = ("until",)

    def clean_who(self) -> str:
        text = str(self.cleaned_data["who"])
        found = find_person(text)
        user = User.objects.filter(pk=found.ref).first() if found else None
        if user is None:
            raise ValidationError(_("Nobody here has this e-mail address."))
        self.instance.user = user
        return text


@admin.register(Pause)
class PauseAdmin(SearchByPersonOrId, FactAdmin):
    """Pauses are added and lifted, never changed nor deleted: they are history."""

    form = PauseForm
    actions = ("lift",)
    list_display = ("user", "since", "until", "by_rule", "lifted_at")
    list_filter = ("by_rule",)
    list_select_related = ("user",)
    date_hierarchy = "since"

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        return ["who", "until"] if obj is None else super().get_fields(request, obj)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        return [] if obj is None else super().get_readonly_fields(request, obj)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("conversations.add_pause")

    def has_lift_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("conversations.change_pause")

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Django's two fields of a moment have words beside them and no labels."""
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if db_field.name == "until" and field is not None:
            day, time = field.widget.widgets
            day.attrs["aria-label"], time.attrs["aria-label"] = gettext("Day"), gettext("Time")
        return field

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        standing.forget()

    @admin.action(description=_("Lift at once"), permissions=["lift"])
    def lift(self, request: HttpRequest, queryset: QuerySet[Pause]) -> None:
        lifted = sum(self._lift(request, pause) for pause in queryset)
        said = gettext("Pauses lifted: {number}. These people can ask again.")
        messages.success(request, said.format(number=lifted))

    def _lift(self, request: HttpRequest, pause: Pause) -> bool:
        with transaction.atomic():
            lifted = moderation.lift(pause)
            if lifted:
                audit.record(request, "lifted", pause)
        standing.forget()
        return lifted
