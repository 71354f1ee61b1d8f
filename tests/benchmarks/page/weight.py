"""JavaScript that comes before somebody can write, and before a conversation can be read; in bytes as they are sent."""

from __future__ import annotations

from dataclasses import dataclass

from playwright.sync_api import Page

from tests.benchmarks.page.visit import MOMENTS, served
from tests.benchmarks.result import Bar, Result
from tests.live.member import Member

_KB = 1000
_EMPTY = 60.0
_CONVERSATION = 110.0
_ON_NEED = ("/vendor/highlight/", "/vendor/katex/", "/vendor/mermaid/", "/vendor/uplot/")

_PLAIN = "Hello"
_RICH = "Show me\n/simulate nasty-document"

_SCRIPTS = """(mark) => {
  const until = performance.getEntriesByName(mark)[0].startTime;
  return performance.getEntriesByType("resource").filter(({ name }) => /[.]m?js([?]|$)/.test(name))
    .map(({ name, startTime, encodedBodySize }) => ({ name, bytes: encodedBodySize, early: startTime <= until }));
}"""


@dataclass(frozen=True)
class Weight:
    """Kilobytes (of 1,000 bytes) of scripts, compressed, and the addresses of all that were fetched."""

    early: float
    all: float
    number: int
    addresses: list[str]


def measure() -> Result:
    """A first visit each time: nothing is in the browser's cache."""
    result = Result()
    with served() as (server, visitor):
        with Member(server).become_first_administrator() as dana:
            dana.connect()
            plain, rich = (_ask(dana, text) for text in (_PLAIN, _RICH))
            session = dict(dana.http.cookies)
        browser = visitor.page.context.browser
        assert browser is not None
        for name, address, mark, limit in (
            ("empty chat", "/", "can-write", _EMPTY),
            ("conversation", f"/c/{plain}/", "can-read", _CONVERSATION),
            ("conversation with everything", f"/c/{rich}/", "can-read", None),
        ):
            context = browser.new_context()
            context.add_init_script(MOMENTS)
            context.add_cookies([{"name": key, "value": value, "url": server.url} for key, value in session.items()])
            weight = _visit(context.new_page(), server.url + address, mark)
            context.close()
            result.figures |= {
                f"{name}: scripts before that, kB": weight.early,
                f"{name}: all scripts, kB": weight.all,
                f"{name}: files": weight.number,
            }
            if limit is not None:
                result.bars.append(Bar(f"{name}: scripts, kB", weight.early, limit))
                needless = [each for each in weight.addresses if any(part in each for part in _ON_NEED)]
                result.bars.append(Bar(f"{name}: libraries without need", len(needless), 0))
    return result


def _ask(member: Member, text: str) -> str:
    """The conversation with the finished answer."""
    ack = member.ask(text)
    member.frame("generation.finished", message=ack["answer"], patience=120)
    return str(ack["conversation"])


def _visit(page: Page, url: str, mark: str) -> Weight:
    page.goto(url)
    page.wait_for_function("(mark) => performance.getEntriesByName(mark).length > 0", arg=mark)
    page.wait_for_load_state("networkidle")
    found = page.evaluate(_SCRIPTS, mark)
    return Weight(
        early=sum(each["bytes"] for each in found if each["early"]) / _KB,
        all=sum(each["bytes"] for each in found) / _KB,
        number=len(found),
        addresses=[each["name"] for each in found],
    )
