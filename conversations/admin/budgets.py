"""`/admin/budgets/`: how far budgets are used, and by whom; they can be lifted here."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from urllib.parse import urlencode

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from conversations.accounting.budget_report import BudgetRow, BudgetTable, State
from conversations.accounting.budget_rules import Measure, money
from conversations.accounting.people import find_person
from conversations.admin.page import csv_file, page_of, report_page, wants_csv
from conversations.admin.report import Report
from conversations.models import BudgetUse
from conversations.services import budget_words, lifting

_HEADER = (
    "budget", "for", "person id", "model", "measure", "currency", "period", "used", "set aside", "warn at", "stop at",
    "percent", "renews", "state",
)  # fmt: skip


class BudgetForm(forms.Form):
    state = forms.ChoiceField(
        required=False,
        label=_("State"),
        choices=[("", _("All")), (State.NEAR, _("Mark passed")), (State.USED_UP, _("Used up"))],
    )
    person = forms.CharField(
        required=False,
        label=_("Person"),
        max_length=254,
        widget=forms.TextInput(attrs={"placeholder": _("E-mail or id")}),
    )

    def clean_person(self) -> str:
        text = str(self.cleaned_data["person"])
        if text and find_person(text) is None:
            raise forms.ValidationError(_("Nobody here has this e-mail address. Everybody is shown."))
        return text

    def table(self, now: datetime) -> BudgetTable:
        """What the form asks for, as far as it is valid."""
        state, text = self.cleaned_data.get("state"), self.cleaned_data.get("person")
        found = find_person(text) if text else None
        return BudgetTable(now, state=State(state) if state else None, person=found.ref if found else None)


@require_http_methods(["GET", "HEAD", "POST"])
def budgets(request: HttpRequest) -> HttpResponseBase:
    """The page, or the whole table as CSV with `format=csv`. POST with `lift` or `restore` names a use."""
    if request.method == "POST":
        return _change(request)
    form, now = BudgetForm(request.GET), datetime.now(UTC)
    form.is_valid()
    table = form.table(now)
    if wants_csv(request):
        return csv_file(request, "budgets", _HEADER, _csv_rows(table))
    context = {
        "form": form,
        "page": page_of(request, table),
        "query": urlencode({name: value for name, value in form.cleaned_data.items() if value}),
        "may_lift": request.user.has_perm("conversations.change_budgetuse"),
    }
    return report_page(request, "budgets", _("Budgets"), context)


def _change(request: HttpRequest) -> HttpResponseBase:
    if not request.user.has_perm("conversations.change_budgetuse"):
        raise PermissionDenied
    lift, restore = request.POST.get("lift", ""), request.POST.get("restore", "")
    chosen = lift or restore
    use = BudgetUse.objects.select_related("budget").filter(pk=chosen).first() if chosen.isdecimal() else None
    if use is not None and lift:
        lifting.lift(use)
        messages.success(request, _now("The budget is lifted until it renews. It holds again from then on."))
    elif use is not None:
        lifting.restore(use)
        messages.success(request, _now("The budget holds again."))
    return redirect(request.get_full_path())


def _csv_rows(table: BudgetTable) -> Iterator[tuple[object, ...]]:
    for row in table:
        rule = row.rule
        shown = [_amount(row, value) for value in (row.spent, row.reserved, rule.soft, rule.hard)]
        whose = budget_words.holder_of(rule, row.person)
        kind = (rule.id, whose, row.person and row.person.ref, rule.model, rule.measure, rule.currency, rule.period)
        yield (*kind, *shown, row.percent, row.renews and row.renews.date(), _state(row))


def _amount(row: BudgetRow, units: int | None) -> object:
    if units is None:
        return None
    return f"{money(units):f}" if row.rule.measure is Measure.MONEY else units


def _state(row: BudgetRow) -> str:
    if row.is_lifted:
        return "lifted"
    return "used up" if row.is_used_up else "mark passed" if row.is_near else ""


REPORT = Report("budgets", _("Budgets"), "conversations.view_budget", budgets)
