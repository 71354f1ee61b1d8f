"""Scripts that do not come: what was written can be read, and what was missing is fetched anew."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.visitor import DEMONSTRATION, Visitor

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


@pytest.mark.parametrize("script", ["later", "order"], ids=["the module", "one that it needs"])
def test_what_is_fetched_later_is_fetched_again(visitor: Visitor, script: str) -> None:
    page = visitor.page
    asked = lose(page, f"**/js/{script}.*.js*", times=1)
    visitor.come_in()
    expect(page.get_by_text("Parts of this page have not come yet")).to_be_visible()
    visitor.send("Any question")
    visitor.wait_for_the_end()
    wait_for_the_rest(page)
    visitor.open_menu_of_first_conversation("Pin")
    expect(page.get_by_role("navigation", name="Conversations").get_by_text("Pinned")).to_be_visible()
    assert len(asked) == 2


@pytest.mark.parametrize(("seconds", "is_done"), [(1, True), (6, False)], ids=["soon", "when nobody expects it"])
def test_a_click_on_what_is_not_there_yet_is_done_if_it_comes_soon(
    visitor: Visitor, seconds: int, is_done: bool
) -> None:
    page = visitor.page
    visitor.come_in()
    visitor.send("Any question")
    visitor.wait_for_the_end()
    held: list[Route] = []
    page.route("**/js/later.*.js*", lambda route: held.append(route))
    page.goto(page.url)
    visitor.open_menu_of_first_conversation("Pin")
    page.wait_for_timeout(1000 * seconds)
    for route in held:
        route.continue_()
    wait_for_the_rest(page)
    pinned = page.get_by_role("navigation", name="Conversations").get_by_text("Pinned")
    if is_done:
        expect(pinned).to_be_visible()
    else:
        page.wait_for_timeout(500)
        expect(pinned).to_be_hidden()


def wait_for_the_rest(page: Page) -> None:
    page.wait_for_function("() => performance.getEntriesByName('later').length > 0")


def test_a_dialog_that_did_not_come_is_told_of_and_comes_with_the_next_click(visitor: Visitor) -> None:
    page = visitor.page
    lose(page, "**/js/settings-dialog.*.js*", times=1)
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
    lose(page, "**/js/json-view.*.js*", times=1_000)
    visitor.send("Three colours as JSON")
    visitor.wait_for_the_end()
    text = page.locator("[data-message] [data-part=text]").last
    expect(text).to_contain_text("{")
    shown = text.inner_text()
    page.unroute("**/js/json-view.*.js*")
    expect(page.locator(".json-tree summary").first).to_be_visible()
    page.get_by_role("button", name="Show as text").click()
    assert page.locator(".json-text").inner_text().split() == shown.split()


@pytest.mark.parametrize("address", ["**/vendor/katex/**", "**/js/rich-text.*.js*"], ids=["formulas", "all formatting"])
def test_what_came_before_its_library_is_formatted_afterwards(visitor: Visitor, address: str) -> None:
    page = visitor.page
    asked = lose(page, address, times=1)
    visitor.come_in()
    visitor.send(DEMONSTRATION)
    visitor.wait_for_the_end()
    expect(page.locator("article math").first).to_be_visible()
    assert len(asked) > 1
