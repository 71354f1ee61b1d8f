"""`/admin/usage/`: who used how much and what it cost."""

from __future__ import annotations

from collections.abc import Iterator

from django import forms
from django.http import HttpRequest, HttpResponseBase
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from conversations.accounting.reports import Grouping, Usage, UsageTable, models_used
from conversations.admin.page import csv_file, page_of, report_page, wants_csv
from conversations.admin.report import Report
from conversations.admin.selection_form import SelectionForm

_COLUMNS = ("day", "person", "person id", "model", "simulated", "calls", "failures")
_TOKENS = ("tokens cached", "tokens new", "tokens output", "tokens reasoning", "estimated calls", "calls without price")


class UsageForm(SelectionForm):
    by = forms.ChoiceField(
        required=False,
        label=_("Rows"),
        choices=[
            ("", _("By person and day")),
            (Grouping.PERSON, _("By person")),
            (Grouping.DAY, _("By day")),
            (Grouping.MODEL, _("By model")),
        ],
    )

    def grouping(self) -> Grouping:
        return Grouping(self.cleaned_data.get("by") or Grouping.PERSON_DAY)


@require_safe
def usage(request: HttpRequest) -> HttpResponseBase:
    """The page, or the whole table as CSV with `format=csv`."""
    form = UsageForm(request.GET)
    selection, grouping = form.selection(), form.grouping()
    table = UsageTable(selection, grouping)
    if wants_csv(request):
        header = (*_COLUMNS, *_TOKENS, *(f"cost {currency}" for currency in table.currencies))
        name = f"usage-{selection.since}-{selection.until}"
        return csv_file(request, name, header, _csv_rows(table))
    form.offer_models(models_used(selection))
    context = {
        "form": form,
        "selection": selection,
        "grouping": grouping,
        "totals": table.totals(),
        "currencies": table.currencies,
        "page": page_of(request, table),
        "query": form.query(),
    }
    return report_page(request, "usage", _("Usage and cost"), context)


def _csv_rows(table: UsageTable) -> Iterator[tuple[object, ...]]:
    for row in table:
        costs = [f"{money.amount:f}" for money in row.costs] or [""] * len(table.currencies)
        yield (*_whose(row), *_figures(row), *costs)


def _whose(row: Usage) -> tuple[object, ...]:
    person = row.person
    return row.day, person and person.label, person and person.ref, row.model, "yes" if row.simulated else "no"


def _figures(row: Usage) -> tuple[int, ...]:
    return (
        row.calls,
        row.failures,
        row.cached_tokens,
        row.new_tokens,
        row.output_tokens,
        row.reasoning_tokens,
        row.estimated_calls,
        row.unpriced_calls,
    )


REPORT = Report("usage", _("Usage and cost"), "conversations.view_usageday", usage)
