"""`/admin/failures/`: what went wrong at upstreams, how quick they were, and incidents."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from django import forms
from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from conversations.accounting.chart import SECONDS, Chart, Kind, Series
from conversations.accounting.failures import FailuresBy, FailureTable
from conversations.accounting.latency import Latencies, latencies
from conversations.accounting.reports import models_used
from conversations.accounting.selection import Selection
from conversations.admin.page import chart_file, csv_file, page_of, report_page, wants_csv
from conversations.admin.report import Report
from conversations.admin.rows import calls_address
from conversations.admin.selection_form import SelectionForm
from conversations.generation.failures import brief
from conversations.services.alert_lists import ListedAlert, alerts_between
from conversations.services.incidents import FAILURES, KEY_REFUSED

_LATENCY_HEADER = (
    "model",
    "upstream",
    "calls",
    "first token p50 (s)",
    "first token p90 (s)",
    "first token p99 (s)",
    "tokens a second p50",
    "tokens a second p10",
)


class FailuresForm(SelectionForm):
    by = forms.ChoiceField(
        required=False,
        label=_("Counted by"),
        choices=[
            ("", _("Kind of error")),
            (FailuresBy.MOMENT, _("Day or hour")),
            (FailuresBy.MODEL, _("Model")),
            (FailuresBy.UPSTREAM, _("Provider")),
        ],
    )

    def count_by(self) -> FailuresBy:
        return FailuresBy(self.cleaned_data.get("by") or FailuresBy.ERROR)


@require_safe
def failures(request: HttpRequest) -> HttpResponseBase:
    """The page, or as CSV with `format=csv` its failures, with `table=latency` its percentiles, with `table=incidents`
    its incidents."""
    form = FailuresForm(request.GET)
    selection, by = form.selection(), form.count_by()
    simulated = settings.ENVIRONMENT.demo
    table, quickness = FailureTable(selection, simulated=simulated), latencies(selection, simulated=simulated)
    incidents = _incidents(selection)
    charts = [_failures_chart(selection, table), *_latency_charts(quickness)]
    if (file := _file(request, selection, table, by, quickness, incidents) or chart_file(request, charts)) is not None:
        return file
    form.offer_models(models_used(selection))
    rows = [{"row": row, "meaning": brief(row.error), "address": _address(selection, row)} for row in table.rows(by)]
    context = {
        "form": form,
        "selection": selection,
        "by": by,
        "failed": table.calls,
        # They are counted of all people together.
        "calls": quickness.calls if selection.person is None else None,
        "charts": charts,
        "page": page_of(request, rows),
        "latencies": quickness.by_model,
        "incidents": incidents,
        "query": form.query(),
    }
    return report_page(request, "failures", _("Failures"), context)


def _incidents(selection: Selection) -> list[ListedAlert]:
    start = datetime.combine(selection.since, datetime.min.time(), UTC)
    end = datetime.combine(selection.until, datetime.min.time(), UTC) + timedelta(days=1)
    return alerts_between(start, end, FAILURES, KEY_REFUSED)


def _address(selection: Selection, row: Any) -> str:
    """Of the calls behind a figure; "" for those that were never sent and are in no ledger."""
    if not row.was_sent:
        return ""
    model = row.model or selection.model
    found = {"error": row.error, "model": model, "upstream": row.upstream, **_counted()}
    return calls_address(selection, moment=row.moment, **found)


def _counted() -> dict[str, str]:
    """Simulated calls count in demo mode only."""
    return {} if settings.ENVIRONMENT.demo else {"simulated__exact": "0"}


def _failures_chart(selection: Selection, table: FailureTable) -> Chart:
    moments, series = table.over_time()
    return Chart(
        name="failures",
        title=_("Failed calls"),
        moments=moments,
        # By their codes: several classes are the same in words.
        series=[Series(error or gettext("others"), counts) for error, counts in series.items()],
        links=[calls_address(selection, moment=moment, error="fault", **_counted()) for moment in moments],
    )


def _latency_charts(quickness: Latencies) -> list[Chart]:
    moments = [moment for moment, _latency in quickness.by_moment]
    found = [latency for _moment, latency in quickness.by_moment]
    first_token = [
        Series(_("half of the calls"), [each.half for each in found]),
        Series(_("90 of 100 calls"), [each.most for each in found]),
        Series(_("99 of 100 calls"), [each.nearly_all for each in found]),
    ]
    speed = [
        Series(_("half of the calls"), [_whole(each.speed) for each in found]),
        Series(_("the slowest tenth"), [_whole(each.slow_speed) for each in found]),
    ]
    return [
        Chart(
            name="first-token",
            title=_("Seconds to the first token, at most"),
            moments=moments,
            series=first_token,
            unit=SECONDS,
            kind=Kind.LINES,
        ),
        Chart(name="speed", title=_("Tokens a second, at most"), moments=moments, series=speed, kind=Kind.LINES),
    ]


def _whole(value: float | None) -> int | None:
    return None if value is None else round(value)


def _file(
    request: HttpRequest,
    selection: Selection,
    table: FailureTable,
    by: FailuresBy,
    quickness: Latencies,
    incidents: list[ListedAlert],
) -> HttpResponseBase | None:
    days = f"{selection.since}-{selection.until}"
    if wants_csv(request):
        header = ("when (UTC)", "model", "upstream", "error", "meaning", "calls")
        rows = ((r.moment, r.model, r.upstream, r.error, brief(r.error), r.calls) for r in table.rows(by))
        return csv_file(request, f"failures-{days}", header, rows)
    if wants_csv(request, "latency"):
        return csv_file(request, f"latency-{days}", _LATENCY_HEADER, _latency_lines(quickness))
    if wants_csv(request, "incidents"):
        lines = ((each.since, each.until, each.kind, each.subject, each.sentence) for each in incidents)
        return csv_file(request, f"incidents-{days}", ("since (UTC)", "until (UTC)", "kind", "what", "text"), lines)
    return None


def _latency_lines(quickness: Latencies) -> Iterator[tuple[object, ...]]:
    for model, upstream, each in quickness.by_model:
        values = (each.half, each.most, each.nearly_all, each.speed, each.slow_speed)
        yield (model, upstream, each.calls, *(None if value is None else f"{value:.3g}" for value in values))


REPORT = Report("failures", _("Failures"), "conversations.view_upstreamcall", failures)
