"""`/admin/person/?person=…`: one person's usage. Without the right to see cost, without cost."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from chatsite.accounts.models import User
from conversations.accounting import calls
from conversations.accounting.people import Person
from conversations.accounting.reports import models_used
from conversations.accounting.selection import Selection
from conversations.accounting.trend import Trend, read_trend
from conversations.admin.addresses import failures_address, usage_address, usage_of_day
from conversations.admin.call_file import call_file
from conversations.admin.model_rows import model_rows
from conversations.admin.page import chart_file, report_page, wants_csv
from conversations.admin.report import Report
from conversations.admin.selection_form import SelectionForm
from conversations.admin.trend_file import trend_file

_LATEST = 20
"""Calls that the page lists; the ledger has all."""


class PersonForm(SelectionForm):
    nobody = _("Nobody here has this e-mail address.")


@require_safe
def person(request: HttpRequest) -> HttpResponseBase:
    """The page, or days and models as CSV with `format=csv`. It asks for a person unless the address names one."""
    form = PersonForm(request.GET)
    selection, with_money = form.selection(), request.user.has_perm("conversations.view_usageday")
    if form.chosen is None:
        context = {"form": form, "selection": selection, "query": form.query()}
        return report_page(request, "person", _("One person"), context)
    trend = read_trend(selection)
    if wants_csv(request, "calls") and request.user.has_perm("conversations.view_upstreamcall"):
        return call_file(request, "calls", selection, calls.all_calls(selection))
    if wants_csv(request):
        return trend_file(request, "person", trend, with_money=with_money)
    link = usage_of_day(request, selection)
    charts = [trend.cost_chart(currency, link) for currency in trend.currencies] if with_money else []
    charts += [trend.calls_chart(link), trend.tokens_chart(link)]
    if file := chart_file(request, charts):
        return file
    form.offer_models(models_used(selection))
    context = {
        "form": form,
        "selection": selection,
        "query": form.query(),
        "person": form.chosen,
        "account": _account(form.chosen),
        "sums": trend.sums(),
        "rows": model_rows(trend),
        "charts": charts,
        **(_money(trend, selection) if with_money else {}),
        **_calls(request, selection),
    }
    return report_page(request, "person", form.chosen.label, context)


def _account(person: Person) -> User | None:
    return User.objects.prefetch_related("groups").filter(pk=person.ref).first()


def _money(trend: Trend, selection: Selection) -> dict[str, Any]:
    return {
        "costs": [(currency, trend.cost(currency)) for currency in trend.currencies],
        "currencies": trend.currencies,
        "address": usage_address(selection),
    }


def _calls(request: HttpRequest, selection: Selection) -> dict[str, Any]:
    """The latest calls, for those who may see the ledger."""
    if not request.user.has_perm("conversations.view_upstreamcall"):
        return {}
    return {
        "failures_address": failures_address(request, selection),
        "page": calls.all_calls(selection)[:_LATEST],
        "ledger_address": f"{reverse('admin:conversations_upstreamcall_changelist')}?q={selection.person}",
        "ends_address": f"{reverse('admin:abnormal-ends')}?{usage_address(selection).partition('?')[2]}",
    }


REPORT = Report("person", _("One person"), "accounts.view_user", person, listed=False)
