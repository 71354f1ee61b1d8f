"""Scripts that do not come: what was written can be read, and what was missing is fetched anew."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.visitor import Visitor

pytestmark = pytest.mark.browser


def lose(page: Page, address: str, *, times: int) -> list[Route]:
    """Let the first requests for an address fail. Returns what was asked for until now."""
    asked: list[Route] = []

    def answer(route: Route) -> None:
        asked.append(route)
        if len(asked) <= times:
            route.abort()
        else:
            route.continue_()

    page.route(address, answer)
    return asked


def test_what_is_fetched_later_is_fetched_again(visitor: Visitor) -> None:
    page = visitor.page
    asked = lose(page, "**/js/later.*.js", times=2)
    visitor.come_in()
    visitor.send("Any question")
    visitor.wait_for_the_end()
    visitor.open_menu_of_first_conversation("Pin")
    expect(page.get_by_role("navigation", name="Conversations").get_by_text("Pinned")).to_be_visible()
    assert len(asked) == 3


def test_a_dialog_that_did_not_come_is_told_of_and_comes_with_the_next_click(visitor: Visitor) -> None:
    page = visitor.page
    lose(page, "**/js/settings-dialog.*.js", times=1)
    visitor.come_in()
    dialog = page.get_by_role("dialog", name="Chat settings")
    page.get_by_role("button", name="Chat settings").click()
    expect(page.get_by_text("This could not be fetched from the server.")).to_be_visible()
    expect(dialog).to_be_hidden()
    page.get_by_role("button", name="Chat settings").click()
    expect(dialog).to_be_visible()


def test_an_answer_in_json_can_be_read_without_its_view(visitor: Visitor) -> None:
    page = visitor.page
    visitor.come_in()
    page.get_by_role("button", name="Chat settings").click()
    page.get_by_role("checkbox", name="Answer in JSON").check()
    page.get_by_role("button", name="Apply").click()
    lose(page, "**/js/json-view.*.js", times=1_000)
    visitor.send("Three colours as JSON")
    visitor.wait_for_the_end()
    text = page.locator("[data-message] [data-part=text]").last
    expect(text).to_contain_text("{")
    shown = text.inner_text()
    page.unroute("**/js/json-view.*.js")
    page.reload()
    expect(page.locator(".json-tree summary").first).to_be_visible()
    page.get_by_role("button", name="Show as text").click()
    assert page.locator(".json-text").inner_text().split() == shown.split()


def test_formulas_are_typeset_once_their_library_came_with_a_later_one(visitor: Visitor) -> None:
    page = visitor.page
    visitor.come_in()
    asked = lose(page, "**/vendor/katex/**", times=1)
    for question in ("Tell me a lot about simulators and formulas", "And tell me a lot more about simulators"):
        visitor.send(question)
        visitor.wait_for_the_end()
    expect(page.locator("article math").first).to_be_visible()
    assert len(asked) > 1
