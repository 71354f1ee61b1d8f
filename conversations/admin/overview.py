"""`/admin/overview/`: what runs now, what today brought, and how the last 30 days went."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponseBase, JsonResponse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from conversations.accounting.reports import models_used
from conversations.accounting.selection import Selection
from conversations.accounting.trend import Trend, read_trend
from conversations.admin.addresses import failures_address, usage_address, usage_of_day, users_address
from conversations.admin.model_rows import model_rows
from conversations.admin.page import chart_file, report_page, wants_csv
from conversations.admin.report import Report
from conversations.admin.selection_form import SelectionForm, today
from conversations.admin.trend_file import trend_file
from conversations.models import UsageDay
from conversations.services.running import Running, running_now


@require_safe
def overview(request: HttpRequest) -> HttpResponseBase:
    """The page; what runs now as JSON with `format=running`; days and models as CSV with `format=csv`."""
    if request.GET.get("format") == "running":
        return JsonResponse(_live(running_now()))
    form = SelectionForm(request.GET)
    selection = form.selection()
    trend = read_trend(selection)
    if wants_csv(request):
        return trend_file(request, "overview", trend)
    link = usage_of_day(request, selection)
    charts = [*(trend.cost_chart(currency, link) for currency in trend.currencies)]
    charts += [trend.calls_chart(link), trend.tokens_chart(link)]
    if file := chart_file(request, charts):
        return file
    form.offer_models(models_used(selection))
    this_day = Selection(today(), today(), selection.person, selection.model)
    context = {
        "form": form,
        "selection": selection,
        "query": form.query(),
        "live": _live(running_now()),
        "today": _part(request, _today(trend, this_day), this_day),
        "people_today": _people(this_day),
        "whole": _part(request, trend, selection),
        "charts": charts,
        "rows": model_rows(trend),
        "currencies": trend.currencies,
    }
    return report_page(request, "overview", _("Overview"), context)


def _live(running: Running) -> dict[str, Any]:
    """As the page's script reads it."""
    models = ", ".join(f"{model}: {number}" for model, number in running.models)
    return {"running": running.running, "queued": running.queued, "people": running.people, "models": models or "–"}  # noqa: RUF001 - a dash for the eye


def _today(trend: Trend, this_day: Selection) -> Trend:
    """Today's part of `trend`; read by itself when the chosen days end before."""
    if trend.selection.since <= this_day.since <= trend.selection.until:
        return trend.of_day(this_day.since)
    return read_trend(this_day)


def _people(selection: Selection) -> int:
    """How many people used something."""
    return UsageDay.objects.filter(selection.of_days()).order_by().values("user_ref").distinct().count()


def _part(request: HttpRequest, trend: Trend, selection: Selection) -> dict[str, Any]:
    return {
        "sums": trend.sums(),
        "costs": [(currency, trend.cost(currency)) for currency in trend.currencies],
        "address": usage_address(selection),
        "failures_address": failures_address(request, selection),
        "people_address": users_address(selection),
    }


REPORT = Report("overview", _("Overview"), "conversations.view_usageday", overview)
