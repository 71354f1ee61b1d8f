"""The form above a report. It lives in the address, so that a report can be bookmarked and sent to a colleague."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from conversations.accounting.people import Person, find_person
from conversations.accounting.selection import Selection

_DEFAULT_DAYS = 30
_POSSIBLE = (MinValueValidator(date(2000, 1, 1)), MaxValueValidator(date(2999, 12, 31)))
"""Days before and after which the calendar of computers may end."""


class SelectionForm(forms.Form):
    """Days (UTC, both included), person and model.

    What is missing or wrong falls back to the last 30 days of everybody, and the form says so.
    """

    since = forms.DateField(
        required=False, label=_("From"), validators=_POSSIBLE, widget=forms.DateInput(attrs={"type": "date"})
    )
    until = forms.DateField(
        required=False, label=_("To"), validators=_POSSIBLE, widget=forms.DateInput(attrs={"type": "date"})
    )
    person = forms.CharField(
        label=_("Person"),
        required=False,
        max_length=254,
        widget=forms.TextInput(attrs={"placeholder": _("E-mail or id")}),
    )
    model = forms.CharField(label=_("Model"), required=False, max_length=100, widget=forms.Select)

    nobody = _("Nobody here has this e-mail address. Everybody is shown.")

    def __init__(self, data: QueryDict) -> None:
        """`data`: the query of the address. The form is valid or not from here on."""
        self.chosen: Person | None = None
        self._query = data
        super().__init__(data)
        self.is_valid()

    def clean_person(self) -> str:
        text = str(self.cleaned_data["person"])
        if text:
            self.chosen = find_person(text)
            if self.chosen is None:
                raise forms.ValidationError(self.nobody)
        return text

    def clean(self) -> dict[str, Any]:
        since, until = self.cleaned_data.get("since"), self.cleaned_data.get("until")
        if since and until and since > until:
            self.add_error("until", _("The last day is before the first. The last 30 days are shown."))
            self.cleaned_data.pop("since")
        return self.cleaned_data

    def selection(self) -> Selection:
        """What the form asks for, as far as it is valid."""
        since, until = self.cleaned_data.get("since"), self.cleaned_data.get("until")
        if until is None:
            until = max(today(), since or today())
        if since is None:
            since = until - timedelta(days=_DEFAULT_DAYS - 1)
        self._show(since=since, until=until)
        return Selection(since, until, self.chosen.ref if self.chosen else None, self.cleaned_data.get("model", ""))

    def _show(self, **days: date) -> None:
        """Fill empty fields with the days that are shown; the address keeps saying "the last 30 days"."""
        shown = self._query.copy()
        shown.update({name: day.isoformat() for name, day in days.items() if not shown.get(name)})
        self.data = shown

    def offer_models(self, names: Iterable[str]) -> None:
        """Fill the list of models, in which the chosen one is always found."""
        chosen = self.cleaned_data.get("model", "")
        offered = sorted({*names, chosen} - {""})
        widget = self.fields["model"].widget
        widget.choices = [("", _("All")), *((name, name) for name in offered)]

    def query(self) -> str:
        """The form's valid values as a query string."""
        query = QueryDict(mutable=True)
        query.update({name: str(value) for name, value in self.cleaned_data.items() if value})
        return query.urlencode()


def today() -> date:
    """The ledger counts by UTC days."""
    return datetime.now(UTC).date()
