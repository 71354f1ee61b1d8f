"""`/admin/models/`: which models are used, how often they fail, and what they cost."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponseBase
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from conversations.accounting.reports import models_used
from conversations.accounting.trend import read_trend
from conversations.admin.addresses import usage_of_day
from conversations.admin.model_rows import model_rows
from conversations.admin.page import chart_file, report_page, wants_csv
from conversations.admin.report import Report
from conversations.admin.selection_form import SelectionForm
from conversations.admin.trend_file import trend_file


@require_safe
def models(request: HttpRequest) -> HttpResponseBase:
    """The page, or days and models as CSV with `format=csv`."""
    form = SelectionForm(request.GET)
    selection = form.selection()
    trend = read_trend(selection)
    if wants_csv(request):
        return trend_file(request, "models", trend)
    link = usage_of_day(request, selection)
    charts = [trend.calls_chart(link), *(trend.cost_chart(currency, link) for currency in trend.currencies)]
    if file := chart_file(request, charts):
        return file
    form.offer_models(models_used(selection))
    context = {
        "form": form,
        "selection": selection,
        "query": form.query(),
        "rows": model_rows(trend),
        "currencies": trend.currencies,
        "charts": charts,
    }
    return report_page(request, "models", _("Models"), context)


REPORT = Report("models", _("Models"), "conversations.view_usageday", models)
