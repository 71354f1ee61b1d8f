"""WCAG 2.2 AA as far as a machine can tell: axe finds nothing on any page in both themes, zoom loses nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.visitor import DEMONSTRATION, Visitor
from tests.live.prepared import ROOT

pytestmark = pytest.mark.browser

AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
SETTLE = """async () => {
  await new Promise(requestAnimationFrame);
  const ending = document.getAnimations().filter((each) => each.effect.getComputedTiming().endTime !== Infinity);
  await Promise.allSettled(ending.map((each) => each.finished));
}"""
MOVING = """() => document.getAnimations().filter((each) => each.effect.getComputedTiming().activeDuration > 1)
  .map((each) => each.animationName ?? each.transitionProperty)"""


@pytest.fixture
def page(page: Page) -> Page:
    # An init script, since the page's policy forbids to add one that is not its own.
    page.add_init_script(path=AXE)
    page.emulate_media(reduced_motion="reduce")
    return page


@pytest.fixture
def visitor(demo_visitor: Visitor) -> Visitor:
    """In demo mode, whose pages say so on top of all else."""
    return demo_visitor


def violations(page: Page) -> list[str]:
    """What axe complains about, a line for each element."""
    # Django's own pages follow the guidelines, and not every habit beyond them.
    rules = WCAG if "/admin/" in page.url else [*WCAG, "best-practice"]
    found: dict[str, Any] = page.evaluate("(rules) => axe.run(document, { runOnly: rules })", rules)
    return [
        f"{violation['id']}: {node['target']} {node['failureSummary']}"
        for violation in found["violations"]
        for node in violation["nodes"]
    ]


def in_both_themes(page: Page, look: Callable[[], None]) -> None:
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
        look()
        page.evaluate(SETTLE)
        found = violations(page)
        assert found == [], "\n".join(found) + f"{page.url} in the {scheme} theme"


def test_entrance(newcomer: Visitor) -> None:
    page = newcomer.page
    page.goto(newcomer.url)
    in_both_themes(page, lambda: expect(page.get_by_label("Email")).to_be_visible())
    newcomer.become_first_administrator()
    page.context.clear_cookies()
    for path in (
        "/accounts/login/",
        "/accounts/password/reset/",
        "/accounts/invitation/none/",
        "/nowhere/",
        "/offline/",
    ):
        page.goto(newcomer.url + path)
        in_both_themes(page, lambda: expect(page.get_by_role("heading", level=1)).to_be_visible())


def test_chat(visitor: Visitor) -> None:
    page = visitor.page
    visitor.come_in()
    in_both_themes(page, lambda: expect(page.get_by_role("heading", level=1)).to_be_visible())
    visitor.choose_thinking("Think")
    visitor.send(DEMONSTRATION)
    visitor.wait_for_the_end()
    in_both_themes(page, lambda: expect(page.get_by_role("table")).to_be_visible())
    page.locator("#scroller").focus()
    page.keyboard.press("?")
    in_both_themes(page, lambda: expect(page.get_by_role("dialog")).to_be_visible())
    page.keyboard.press("Escape")
    page.locator(".account-button").click()
    in_both_themes(page, lambda: expect(page.locator("#account-menu")).to_be_visible())
    page.keyboard.press("Escape")
    visitor.open_menu_of_first_conversation("Rename")
    in_both_themes(page, lambda: expect(page.get_by_role("dialog")).to_be_visible())


def test_a_failed_answer(lone_visitor: Visitor) -> None:
    page = lone_visitor.page
    lone_visitor.come_in()
    for _ in range(2):
        lone_visitor.send("Hello\n/simulate wrong-key-every-second")
        lone_visitor.wait_for_the_end()
    in_both_themes(page, lambda: expect(page.get_by_role("alert").locator("visible=true").last).to_be_visible())


@pytest.mark.parametrize(
    "paths",
    [
        ("/accounts/email/", "/accounts/invitations/", "/accounts/password/change/", "/accounts/2fa/"),
        ("/admin/", "/admin/usage/", "/admin/balance-errors/", "/admin/abnormal-ends/"),
        ("/admin/accounts/user/", "/admin/conversations/upstreamcall/", "/admin/conversations/price/add/"),
    ],
)
def test_pages_around_the_chat(visitor: Visitor, paths: tuple[str, ...]) -> None:
    page = visitor.page
    visitor.come_in()
    visitor.send("Hello")
    visitor.wait_for_the_end()
    for path in paths:
        page.goto(visitor.url + path)
        in_both_themes(page, lambda: expect(page.locator("h1").first).to_be_visible())


@pytest.mark.parametrize("width", [640, 320])
def test_zoom_loses_nothing(visitor: Visitor, width: int) -> None:
    """200 % of 1280 px, and 400 % (reflow)."""
    page = visitor.page
    page.set_viewport_size({"width": width, "height": 400 if width == 640 else 568})
    visitor.come_in()
    visitor.send(DEMONSTRATION)
    visitor.wait_for_the_end()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    for button in page.locator("main button:visible").all():
        box = button.bounding_box()
        assert box is not None
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= width + 1
    page.locator("#open-sidebar").click()
    expect(page.get_by_role("navigation", name="Conversations").get_by_role("link")).to_be_visible()
    page.locator(".account-button").click()
    expect(page.get_by_role("button", name="Sign out")).to_be_in_viewport()


def test_targets_are_large_enough(visitor: Visitor) -> None:
    """24 px by 24 px (2.5.8); links inside of sentences are excepted."""
    page = visitor.page
    visitor.come_in()
    visitor.send(DEMONSTRATION)
    visitor.wait_for_the_end()
    page.locator(".account-button").click()
    small = page.evaluate(
        """() => [...document.querySelectorAll("button, select, input, .sidebar a, summary")]
          .filter((each) => !each.closest("[aria-hidden=true]")).map((each) => [
            each.outerHTML.slice(0, 120), (each.closest("label") ?? each).getBoundingClientRect(),
            each.checkVisibility({ visibilityProperty: true, opacityProperty: false })])
          .filter(([, box, visible]) => visible && (box.width < 24 || box.height < 24)).map(([html]) => html)"""
    )
    assert small == []


def test_little_moves_for_who_asks_for_little_motion(visitor: Visitor) -> None:
    page = visitor.page
    page.emulate_media(reduced_motion="reduce")
    visitor.come_in()
    visitor.send("count to 200")
    page.wait_for_selector(".message-answer")
    assert page.evaluate(MOVING) == []
