"""The first paint of the list with 10,000 conversations against that with 10."""

from __future__ import annotations

import statistics

from playwright.sync_api import Page

from tests.benchmarks.page.owners import make_owner
from tests.benchmarks.page.visit import MOMENTS, served
from tests.benchmarks.result import Bar, Result

_FEW, _MANY = 10, 10_000
_VISITS = 9
_MOST = 1.2

_FIRST_PAINT = """() => new Promise((resolve) => {
  const look = () => {
    const paint = performance.getEntriesByName("first-contentful-paint")[0];
    const rows = document.querySelectorAll("#conversations a[href^='/c/']").length;
    const listed = performance.getEntriesByName("list-shown")[0];
    if (paint && rows && listed) {
      const { responseStart, responseEnd } = performance.getEntriesByType("navigation")[0];
      resolve({ paint: paint.startTime, listed: listed.startTime, first: responseStart, whole: responseEnd, rows });
    } else requestAnimationFrame(look);
  };
  look();
})"""


def measure() -> Result:
    """Medians over visits to a new chat that take turns, each with a warm cache."""
    with served() as (server, visitor):
        visitor.become_first_administrator()
        browser = visitor.page.context.browser
        assert browser is not None
        pages = {}
        for number in (_FEW, _MANY):
            context = browser.new_context()
            context.add_init_script(MOMENTS)
            name, value = make_owner(number, server.data_dir, server.environment)
            context.add_cookies([{"name": name, "value": value, "url": server.url}])
            pages[number] = context.new_page()
        found: dict[int, list[dict[str, float]]] = {_FEW: [], _MANY: []}
        for visit in range(_VISITS + 1):
            for number, page in pages.items():
                timing = _visit(page, server.url)
                if visit:
                    found[number].append(timing)
    return _result(found)


def _result(found: dict[int, list[dict[str, float]]]) -> Result:
    result = Result()
    for what in ("paint", "listed"):
        few, many = (statistics.median(each[what] for each in found[number]) for number in (_FEW, _MANY))
        words = {"paint": "first paint", "listed": "list on screen"}[what]
        result.figures |= {f"{words} with {_FEW}, ms": few, f"{words} with {_MANY:,}, ms": many}
        result.bars.append(Bar(f"{words}: {_MANY:,} / {_FEW}", many / few, _MOST))
    return result


def _visit(page: Page, url: str) -> dict[str, float]:
    page.goto(url)
    timing: dict[str, float] = page.evaluate(_FIRST_PAINT)
    return timing
