"""`/admin/users/`: who uses how much. Without the right to see cost, without cost."""

from __future__ import annotations

from collections.abc import Iterator

from django import forms
from django.contrib.auth.models import Group
from django.http import HttpRequest, HttpResponseBase, QueryDict
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from conversations.accounting.people_usage import FIGURES, PERSON, PeopleTable
from conversations.accounting.reports import models_used
from conversations.admin.page import PAGE_ROWS, csv_file, report_page, wants_csv
from conversations.admin.report import Report
from conversations.admin.selection_form import SelectionForm

_DIGITS = 10
"""A page's number has fewer."""
_HEADER = ("person", "person id", "name", "groups", "active", "calls", "failures", "tokens", "last day")


def _groups() -> list[tuple[object, object]]:
    return [("", _("All")), *Group.objects.order_by("name").values_list("pk", "name")]


class UsersForm(SelectionForm):
    """Instead of one person, a part of names and a group."""

    person = None  # type: ignore[assignment]
    search = forms.CharField(
        label=_("Search"),
        required=False,
        max_length=150,
        widget=forms.TextInput(attrs={"type": "search", "placeholder": _("E-mail or name")}),
    )
    group = forms.TypedChoiceField(label=_("Group"), required=False, coerce=int, empty_value=None, choices=_groups)
    sort = forms.CharField(required=False, max_length=20, widget=forms.HiddenInput)
    """A column, with a hyphen before it for the smallest first."""

    def table(self, *, with_money: bool) -> PeopleTable:
        """Sorted by cost, where that may be seen, unless the address says something else."""
        wanted = str(self.cleaned_data.get("sort", ""))
        name = wanted.removeprefix("-")
        if not with_money and name not in (PERSON, *FIGURES):
            # The order would tell of what is not shown.
            name = "calls"
        return PeopleTable(
            self.selection(),
            search=self.cleaned_data.get("search", ""),
            group=self.cleaned_data.get("group"),
            sort=name,
            # Names are read from A; figures from the largest.
            up=wanted.startswith("-") != (name == PERSON),
        )


@require_safe
def users(request: HttpRequest) -> HttpResponseBase:
    """The page, or the whole table as CSV with `format=csv`."""
    form = UsersForm(request.GET)
    with_money = request.user.has_perm("conversations.view_usageday")
    selection, table = form.selection(), form.table(with_money=with_money)
    currencies = table.currencies if with_money else []
    if wants_csv(request):
        name = f"users-{selection.since}-{selection.until}"
        header = (*_HEADER, *(f"cost {currency}" for currency in currencies))
        return csv_file(request, name, header, _lines(table, with_money=with_money))
    form.offer_models(models_used(selection))
    number = request.GET.get("page", "1")
    context = {
        "form": form,
        "selection": selection,
        "query": form.query(),
        "columns": list(_columns(form, table, currencies)),
        "page": table.page(int(number) if number.isdecimal() and len(number) < _DIGITS else 1, PAGE_ROWS),
        "with_money": with_money,
        "sorted_by_person": table.sort == PERSON,
    }
    return report_page(request, "users", _("Users"), context)


def _columns(form: UsersForm, table: PeopleTable, currencies: list[str]) -> Iterator[dict[str, object]]:
    """The heads that sort, each with the address that does it: again turns the order round."""
    labels = {
        PERSON: _("Person"),
        **dict(zip(FIGURES, (_("Calls"), _("Failures"), _("Tokens"), _("Last day")), strict=True)),
        **{f"cost-{currency}": currency for currency in currencies},
    }
    given = QueryDict(form.query(), mutable=True)
    for name, label in labels.items():
        query = given.copy()
        is_sorted, is_upward = table.sort == name, table.up
        natural = is_upward == (name == PERSON)
        query["sort"] = f"-{name}" if is_sorted and natural else name
        yield {
            "label": label,
            "query": query.urlencode(),
            "sorted": ("ascending" if is_upward else "descending") if is_sorted else "",
            "is_figure": name not in (PERSON, "last"),
        }


def _lines(table: PeopleTable, *, with_money: bool) -> Iterator[tuple[object, ...]]:
    for row in table:
        costs = [f"{money.amount:f}" for money in row.costs] if with_money else []
        figures = (row.calls, row.failures, row.tokens, row.last)
        account = (row.name, row.groups, "yes" if row.is_active else "no")
        yield (row.person.label, row.person.ref, *account, *figures, *costs)


REPORT = Report("users", _("Users"), "accounts.view_user", users)
