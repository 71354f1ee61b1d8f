"""`/admin/moderation/`: answers that were filtered or refused for their content, by day and person; the way to the
review queue."""

from __future__ import annotations

from collections.abc import Iterator

from django.http import HttpRequest, HttpResponseBase
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from conversations.accounting.chart import Chart, Series
from conversations.accounting.moderation import PeopleTable, cases_by_state, ends_by_day
from conversations.accounting.reports import models_used
from conversations.accounting.selection import Selection
from conversations.admin.page import chart_file, csv_file, page_of, report_page, wants_csv
from conversations.admin.report import Report
from conversations.admin.rows import calls_address, cases_address
from conversations.admin.selection_form import SelectionForm
from conversations.models import ReviewCase, WatchRules
from conversations.services.alert_lists import open_alerts
from conversations.services.moderation import PAUSED, REPEATED

_HEADER = ("person", "person id", "cases", "open", "dismissed", "last (UTC)", "paused until (UTC)")
_NAMES = {"content_filter": _("filtered answers"), "moderation": _("refused questions"), "": _("other abnormal ends")}


@require_safe
def moderation(request: HttpRequest) -> HttpResponseBase:
    """The page, or its people as CSV with `format=csv`."""
    form = SelectionForm(request.GET)
    selection = form.selection()
    table = PeopleTable(selection)
    if wants_csv(request):
        return csv_file(request, f"moderation-{selection.since}-{selection.until}", _HEADER, _csv_rows(table))
    chart = _chart(request, selection)
    if (file := chart_file(request, [chart])) is not None:
        return file
    form.offer_models(models_used(selection))
    states = [
        (ReviewCase.State(state).label, number, cases_address(selection, state=state))
        for state, number in cases_by_state(selection).items()
    ]
    page = page_of(request, table)
    context = {
        "form": form,
        "selection": selection,
        "states": states,
        "alerts": open_alerts(REPEATED, PAUSED),
        "rules": WatchRules.in_force(),
        "chart": chart,
        "page": page,
        "rows": [(row, cases_address(selection, user_ref=str(row.person.ref))) for row in page],
        "query": form.query(),
    }
    return report_page(request, "moderation", _("Moderation"), context)


def _chart(request: HttpRequest, selection: Selection) -> Chart:
    days, series = ends_by_day(selection)
    # Who reviews need not have a right to look at the ledger.
    linked = days if request.user.has_perm("conversations.view_upstreamcall") else ()
    return Chart(
        name="ends",
        title=_("Abnormal ends by day"),
        moments=days,
        series=[Series(_NAMES[end], counts) for end, counts in series.items()],
        links=[calls_address(selection, moment=day, end="any") for day in linked],
    )


def _csv_rows(table: PeopleTable) -> Iterator[tuple[object, ...]]:
    for row in table:
        last = row.last.isoformat(timespec="seconds")
        until = row.paused_until and row.paused_until.isoformat(timespec="seconds")
        yield (row.person.label, row.person.ref, row.cases, row.open, row.dismissed, last, until)


REPORT = Report("moderation", _("Moderation"), "conversations.view_reviewcase", moderation)
