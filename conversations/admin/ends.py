"""`/admin/abnormal-ends/`: answers that were filtered, cut, empty or refused, counted and listed."""

from __future__ import annotations

from django import forms
from django.http import HttpRequest, HttpResponseBase
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from conversations.accounting import calls
from conversations.accounting.calls import CountBy
from conversations.accounting.ends import MEANINGS
from conversations.accounting.reports import models_used
from conversations.admin.call_file import call_file
from conversations.admin.page import page_of, report_page, wants_csv
from conversations.admin.report import Report
from conversations.admin.selection_form import SelectionForm


class EndsForm(SelectionForm):
    # Free text with suggestions: the provider may come up with a reason that nobody has listed.
    end = forms.CharField(
        label=_("End"),
        required=False,
        max_length=64,
        widget=forms.TextInput(attrs={"list": "ends", "placeholder": _("All")}),
    )
    by = forms.ChoiceField(
        required=False,
        label=_("Counted by"),
        choices=[("", _("Person")), (CountBy.MODEL, _("Model")), (CountBy.DAY, _("Day"))],
    )

    def count_by(self) -> CountBy:
        return CountBy(self.cleaned_data.get("by") or CountBy.PERSON)


@require_safe
def abnormal_ends(request: HttpRequest) -> HttpResponseBase:
    """The page, or all its calls as CSV with `format=csv`."""
    form = EndsForm(request.GET)
    selection, end = form.selection(), form.cleaned_data.get("end", "")
    table = calls.abnormal_ends(selection, end)
    if wants_csv(request):
        return call_file(request, "abnormal-ends", selection, table)
    form.offer_models(models_used(selection))
    by = form.count_by()
    context = {
        "form": form,
        "selection": selection,
        "by": by,
        "counts": calls.count_ends(selection, by, end),
        "meanings": MEANINGS,
        "page": page_of(request, table),
        "query": form.query(),
    }
    return report_page(request, "abnormal_ends", _("Abnormal ends"), context)


REPORT = Report("abnormal-ends", _("Abnormal ends"), "conversations.view_upstreamcall", abnormal_ends)
