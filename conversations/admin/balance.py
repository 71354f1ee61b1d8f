"""`/admin/balance-errors/`: calls that the upstream refused because the balance was used up, and whom that hit."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponseBase
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from conversations.accounting import calls
from conversations.accounting.reports import models_used
from conversations.admin.call_file import call_file
from conversations.admin.page import page_of, report_page, wants_csv
from conversations.admin.report import Report
from conversations.admin.selection_form import SelectionForm


@require_safe
def balance_errors(request: HttpRequest) -> HttpResponseBase:
    """The page, or all its calls as CSV with `format=csv`."""
    form = SelectionForm(request.GET)
    selection = form.selection()
    table = calls.balance_errors(selection)
    if wants_csv(request):
        return call_file(request, "balance-errors", selection, table)
    form.offer_models(models_used(selection))
    context = {
        "form": form,
        "selection": selection,
        "summary": calls.balance_summary(selection),
        "page": page_of(request, table),
        "query": form.query(),
    }
    return report_page(request, "balance_errors", _("Balance errors"), context)


REPORT = Report("balance-errors", _("Balance errors"), "conversations.view_upstreamcall", balance_errors)
