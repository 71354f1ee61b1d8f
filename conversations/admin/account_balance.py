"""`/admin/balance/`: what is left at each upstream, how it went, and when it runs out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import cast

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponseBase
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from conversations.accounting.balance_history import histories, readings_of
from conversations.accounting.chart import Chart, Kind, Series
from conversations.accounting.selection import Selection
from conversations.admin.page import chart_file, csv_file, page_of, report_page, wants_csv
from conversations.admin.report import Report
from conversations.admin.selection_form import SelectionForm
from conversations.models import BalanceMark, BalanceReading
from conversations.services import balance
from conversations.services.alert_lists import open_alerts

_HEADER = ("taken (UTC)", "upstream", "currency", "total", "granted", "topped up", "enough for calls")


class DaysForm(SelectionForm):
    """Days alone: a balance belongs to nobody and to no model."""

    person = None  # type: ignore[assignment]
    model = None  # type: ignore[assignment]


@require_safe
def account_balance(request: HttpRequest) -> HttpResponseBase:
    """The page, or its readings as CSV with `format=csv`."""
    form = DaysForm(request.GET)
    selection = form.selection()
    table = readings_of(selection)
    if wants_csv(request):
        return csv_file(request, f"balance-{selection.since}-{selection.until}", _HEADER, _csv_rows(table))
    charts = _charts(selection)
    if (file := chart_file(request, charts)) is not None:
        return file
    context = {
        "form": form,
        "selection": selection,
        "accounts": balance.accounts(datetime.now(UTC)),
        "alerts": open_alerts("balance_exhausted", balance.LOW, balance.ENDING),
        "marks": list(BalanceMark.objects.all()),
        "charts": charts,
        # A paginator takes a query as well.
        "page": page_of(request, cast("Sequence[BalanceReading]", table)),
        "query": form.query(),
    }
    return report_page(request, "balance", _("Balance"), context)


def _charts(selection: Selection) -> list[Chart]:
    return [
        Chart(
            name=f"balance-{history.currency.lower()}",
            title=_("Balance in {currency}").format(currency=history.currency),
            moments=history.moments,
            series=[Series(upstream, totals) for upstream, totals in history.totals.items()],
            unit=history.currency,
            kind=Kind.LINES,
        )
        for history in histories(selection)
    ]


def _csv_rows(table: QuerySet[BalanceReading]) -> Iterator[tuple[object, ...]]:
    for row in table.iterator(chunk_size=1000):
        yield (
            row.taken_at.isoformat(timespec="seconds"),
            row.upstream,
            row.currency,
            f"{row.total:f}",
            None if row.granted is None else f"{row.granted:f}",
            None if row.topped_up is None else f"{row.topped_up:f}",
            "yes" if row.is_available else "no",
        )


REPORT = Report("balance", _("Balance"), "conversations.view_balancereading", account_balance)
