"""The dashboards in a browser: drawn, legible on a phone, in both themes, and live."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.site import Site, open_site
from tests.browser.visitor import Visitor

pytestmark = pytest.mark.browser

PAGES = (
    "overview",
    "usage",
    "users",
    "person",
    "models",
    "cache-savings",
    "balance",
    "balance-errors",
    "failures",
    "moderation",
    "abnormal-ends",
    "budgets",
    "conversations/pause/add",
    "conversations/watchrules",
    "conversations/auditentry",
)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A site for these tests alone, who look at what all of its people do."""
    with open_site(tmp_path_factory.mktemp("dashboards"), 10, demo=True) as site:
        yield site


@pytest.fixture
def administrator(visitor: Visitor) -> Visitor:
    """Somebody who has asked something and looks at the overview while it is being answered."""
    visitor.come_in()
    visitor.send("Hello")
    visitor.page.goto(f"{visitor.url}/admin/overview/")
    return visitor


def colours(page: Page) -> str:
    """What a chart shows, as the browser has painted it."""
    return str(page.locator("canvas").first.evaluate("canvas => canvas.toDataURL()"))


def test_what_runs_now_follows_without_a_reload(administrator: Visitor) -> None:
    running = administrator.page.locator("[data-live-figure=running]")
    expect(running).to_have_text("1")
    expect(running).to_have_text("0", timeout=60_000)
    assert administrator.complaints == []


def test_charts_follow_the_theme_and_lead_to_their_rows(administrator: Visitor) -> None:
    page = administrator.page
    expect(page.locator("[data-live-figure=running]")).to_have_text("0", timeout=60_000)
    page.reload()
    chart = page.locator("[data-chart=chart-data-calls]")
    expect(chart.locator("canvas")).to_be_visible()
    before = colours(page)
    page.locator("button.theme-toggle").first.click()
    page.wait_for_function("before => document.querySelector('canvas').toDataURL() !== before", arg=before)
    expect(chart.locator("canvas")).to_have_count(1)

    figures = page.locator(".report-chart").filter(has_text="Calls by day").locator("details")
    figures.locator("summary").click()
    expect(figures.get_by_role("row")).to_have_count(31)
    box = chart.locator(".u-over").bounding_box()
    assert box is not None
    # Today is the last of the days.
    page.mouse.click(box["x"] + box["width"] - 4, box["y"] + 20)
    page.wait_for_url("**/admin/usage/?since=*")
    expect(page.get_by_role("table").get_by_role("link", name=administrator.email)).to_be_visible()
    assert administrator.complaints == []


@pytest.mark.parametrize("width", [1280, 390])
def test_every_dashboard_fits(administrator: Visitor, width: int) -> None:
    page = administrator.page
    page.set_viewport_size({"width": width, "height": 844})
    for name in PAGES:
        page.goto(f"{administrator.url}/admin/{name}/?person={administrator.email}")
        expect(page.locator("[data-chart]:not([data-drawn])")).to_have_count(0)
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), name
    assert administrator.complaints == []
