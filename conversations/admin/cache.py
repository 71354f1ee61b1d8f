"""`/admin/cache-savings/`: how much of the input came from the provider's cache, and what that saved."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.http import HttpRequest, HttpResponseBase
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from conversations.accounting.chart import PERCENT, Chart, Kind, Series
from conversations.accounting.reports import models_used
from conversations.accounting.savings import Savings, read_savings
from conversations.accounting.trend import DayOfModel, Sums, Trend, read_trend
from conversations.admin.addresses import usage_of_day
from conversations.admin.page import chart_file, csv_file, report_page, wants_csv
from conversations.admin.report import Report
from conversations.admin.selection_form import SelectionForm


@dataclass(frozen=True, slots=True)
class Row:
    """What the cache saved on calls of a model that are billed in `currency`."""

    model: str
    currency: str
    sums: Sums
    cost: Decimal
    saved: Decimal

    @property
    def uncached(self) -> Decimal:
        """What the same calls would have cost without the cache."""
        return self.cost + self.saved


@require_safe
def cache_savings(request: HttpRequest) -> HttpResponseBase:
    """The page, or its table as CSV with `format=csv`."""
    form = SelectionForm(request.GET)
    selection = form.selection()
    trend, savings = read_trend(selection), read_savings()
    rows = list(_rows(trend, savings))
    if wants_csv(request):
        name = f"cache-savings-{selection.since}-{selection.until}"
        header = ("model", "currency", "cached input", "new input", "cost", "saved", "cost without cache")
        return csv_file(request, name, header, map(_line, rows))
    link = usage_of_day(request, selection)
    charts = [_share_chart(trend, link), *(_saved_chart(trend, savings, each, link) for each in trend.currencies)]
    if file := chart_file(request, charts):
        return file
    form.offer_models(models_used(selection))
    totals = [
        (currency, savings.of(row for row in trend.real if row.currency == currency), trend.cost(currency))
        for currency in trend.currencies
    ]
    context = {
        "form": form,
        "selection": selection,
        "query": form.query(),
        "rows": rows,
        "totals": totals,
        "sums": Sums.of(trend.real),
        "charts": charts,
    }
    return report_page(request, "cache_savings", _("Cache savings"), context)


def _rows(trend: Trend, savings: Savings) -> Iterator[Row]:
    real = trend.real
    for model in trend.models:
        for currency in trend.currencies:
            part = [row for row in real if (row.model, row.currency) == (model, currency)]
            if part:
                cost = sum((row.cost for row in part), Decimal(0))
                yield Row(model, currency, Sums.of(part), cost, savings.of(part))


def _line(row: Row) -> tuple[object, ...]:
    figures = (row.cost, row.saved, row.uncached)
    tokens = (row.sums.cache_hit_tokens, row.sums.cache_miss_tokens)
    return row.model, row.currency, *tokens, *(f"{figure:f}" for figure in figures)


def _share_chart(trend: Trend, link: Callable[[date], str]) -> Chart:
    """Percent of each day's input that was cached; a day without input leaves a gap."""
    days = trend.days()
    by_day: dict[date, list[DayOfModel]] = {day: [] for day in days}
    for row in trend.real:
        by_day[row.day].append(row)
    shares = [Sums.of(rows).cached_percent for rows in by_day.values()]
    return Chart(
        name="cached",
        title=_("Input from the cache, percent"),
        moments=days,
        series=[Series(_("Cached"), shares)],
        unit=PERCENT,
        kind=Kind.LINES,
        links=[link(day) for day in days],
    )


def _saved_chart(trend: Trend, savings: Savings, currency: str, link: Callable[[date], str]) -> Chart:
    """What each day cost, and on top of it what the cache saved."""
    days = trend.days()
    costs, saved = dict.fromkeys(days, Decimal(0)), dict.fromkeys(days, Decimal(0))
    for row in trend.real:
        if row.currency == currency:
            costs[row.day] += row.cost
            saved[row.day] += savings.of_day(row) or Decimal(0)
    return Chart(
        name=f"saved-{currency.lower()}",
        title=_("Cost and savings by day, {currency}").format(currency=currency),
        moments=days,
        series=[Series(_("Cost"), list(costs.values())), Series(_("Saved by the cache"), list(saved.values()))],
        unit=currency,
        links=[link(day) for day in days],
    )


REPORT = Report("cache-savings", _("Cache savings"), "conversations.view_usageday", cache_savings)
