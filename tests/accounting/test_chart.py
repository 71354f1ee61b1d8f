"""What a chart says, drawn and as a table."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django.template import Context, Template

from conversations.accounting.chart import PERCENT, SECONDS, Chart, Kind, Series
from conversations.templatetags.figures import figure

DAYS = [date(2026, 11, 20), date(2026, 11, 21)]
COST = Chart(
    name="cost",
    title="Cost by day",
    moments=DAYS,
    series=[Series("flash", [Decimal("0.000000001"), Decimal("1.5")]), Series("pro", [None, Decimal(0)])],
    unit="USD",
    links=["?since=2026-11-20", "?since=2026-11-21"],
)


def test_money_reaches_the_page_and_the_file_as_decimals() -> None:
    assert COST.drawing()["series"][0]["values"] == ["0.000000001", "1.5"]
    assert list(COST.lines()) == [["2026-11-20", "0.000000001", None], ["2026-11-21", "1.5", "0"]]
    assert COST.header() == ["moment (UTC)", "flash (USD)", "pro (USD)"]


def test_the_table_is_newest_first_and_links_to_what_it_is_made_of() -> None:
    html = Template("{% include 'admin/reports/chart.html' %}").render(Context({"chart": COST, "query": "by=day"}))

    assert html.index('href="?since=2026-11-21"') < html.index('href="?since=2026-11-20"')
    assert "1.5000 USD" in html
    assert "0.000000001 USD" in html
    assert 'href="?by=day&amp;format=csv&amp;table=cost"' in html
    assert '"values": ["0.000000001", "1.5"]' in html


def test_a_chart_of_nothing_says_so() -> None:
    empty = Chart(name="none", title="None", moments=DAYS, series=[Series("a", [0, None])])

    html = Template("{% include 'admin/reports/chart.html' %}").render(Context({"chart": empty}))

    assert "Nothing happened" in html
    assert "<table>" not in html


def test_moments_carry_their_time() -> None:
    chart = Chart(
        name="balance",
        title="Balance",
        kind=Kind.LINES,
        moments=[datetime(2026, 11, 21, 9, 30, tzinfo=UTC)],
        series=[Series("USD", [3])],
    )

    assert chart.drawing()["moments"] == ["2026-11-21T09:30:00+00:00"]
    html = Template("{% include 'admin/reports/chart.html' %}").render(Context({"chart": chart}))
    assert "2026-11-21 09:30" in html


def test_a_series_has_a_figure_for_each_moment() -> None:
    with pytest.raises(ValueError, match="needs 2 figures"):
        Chart(name="odd", title="Odd", moments=DAYS, series=[Series("a", [1])])


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (1234567, "tokens", "1,234,567"),
        (None, "count", "–"),  # noqa: RUF001 - a dash for the eye
        (Decimal("1234.5"), "USD", "1,234.50 USD"),
        (Decimal("0.5"), "CNY", "0.5000 CNY"),
        (Decimal("0.00005361"), "USD", "0.000054 USD"),
        (Decimal(0), "USD", "0.00 USD"),
        (12.345, PERCENT, "12.3 %"),
        (0.5, SECONDS, "0.50 s"),
    ],
)
def test_a_figure_in_its_unit(value: float | Decimal | None, unit: str, text: str) -> None:
    assert figure(value, unit) == text
