"""The whole path, as a new person walks it: first administrator, chat, streamed Markdown, stop, reload, history."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.visitor import DEMONSTRATION, Visitor

pytestmark = pytest.mark.browser


def test_from_first_administrator_to_history(newcomer: Visitor) -> None:
    page = newcomer.page
    newcomer.become_first_administrator()
    expect(page.get_by_text("Demo mode").first).to_be_visible()

    newcomer.send(DEMONSTRATION)
    answer = page.get_by_role("article", name="Assistant said")
    expect(page.get_by_role("article", name="You said")).to_contain_text("Show me what you can do")
    expect(answer.get_by_role("heading").first).to_be_visible()
    expect(page.get_by_role("button", name="Stop generating")).to_be_visible()
    newcomer.wait_for_the_end()
    expect(answer.locator("pre code .hljs-keyword").first).to_be_visible()
    expect(answer.get_by_role("table")).to_be_visible()
    expect(answer.locator("math").first).to_be_visible()
    shown = answer.inner_text()

    expect(page).to_have_url(re.compile(r"/c/[0-9a-f-]{36}/$"))
    page.reload()
    expect(answer.get_by_role("table")).to_be_visible()
    assert answer.inner_text() == shown

    page.get_by_role("button", name="New chat").first.click()
    expect(page.get_by_role("article")).to_have_count(0)
    newcomer.send("count to 900")
    expect(page.get_by_role("article", name="Assistant said")).to_contain_text("1, 2, 3, 4, 5")
    page.get_by_role("button", name="Stop generating").click()
    expect(page.get_by_role("button", name="Stop generating")).to_be_hidden()
    expect(page.get_by_role("article", name="Assistant said")).to_contain_text("stopped")

    conversations = page.get_by_role("navigation", name="Conversations")
    expect(conversations.get_by_role("link")).to_have_count(2)
    conversations.get_by_role("link").last.click()
    expect(page.get_by_role("article", name="You said")).to_contain_text("Show me what you can do")
    page.go_back()
    expect(page.get_by_role("article", name="You said")).to_contain_text("count to 900")


def test_reasoning_is_folded(visitor: Visitor) -> None:
    page = visitor.page
    visitor.come_in()
    visitor.choose_thinking("Think")
    visitor.send("Why is the sky blue?")
    expect(page.get_by_role("button", name=re.compile("^(Thinking|Thought)"))).to_be_visible()
    visitor.wait_for_the_end()
    fold = page.get_by_role("button", name=re.compile("^Thought"))
    expect(fold).to_have_attribute("aria-expanded", "false")
    fold.click()
    expect(fold).to_have_attribute("aria-expanded", "true")


def test_a_failed_answer_says_why_and_is_tried_again(lone_visitor: Visitor) -> None:
    page = lone_visitor.page
    lone_visitor.come_in()
    lone_visitor.send("Hello\n/simulate wrong-key-every-second")
    lone_visitor.wait_for_the_end()
    lone_visitor.send("Hello again\n/simulate wrong-key-every-second")
    alert = page.get_by_role("article", name="Assistant said").last.get_by_role("alert")
    expect(alert).to_contain_text("key")
    alert.get_by_role("button", name="Try again").click()
    expect(page.get_by_role("alert")).to_have_count(0)
    lone_visitor.wait_for_the_end()
    expect(page.get_by_role("article", name="Assistant said").last).not_to_be_empty()


def test_rename_delete_and_undo(visitor: Visitor) -> None:
    page = visitor.page
    visitor.come_in()
    visitor.send("Hello")
    visitor.wait_for_the_end()
    conversations = page.get_by_role("navigation", name="Conversations")
    visitor.open_menu_of_first_conversation("Rename")
    page.get_by_role("dialog").get_by_role("textbox").fill("A name of my own")
    page.keyboard.press("Enter")
    expect(conversations.get_by_role("link", name="A name of my own")).to_be_visible()
    page.reload()
    expect(conversations.get_by_role("link", name="A name of my own")).to_be_visible()
    visitor.open_menu_of_first_conversation("Delete")
    expect(conversations.get_by_role("link")).to_have_count(0)
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("article", name="You said")).to_contain_text("Hello")
    expect(conversations.get_by_role("link", name="A name of my own")).to_be_visible()
    visitor.open_menu_of_first_conversation("Delete")
    expect(conversations.get_by_role("link")).to_have_count(0)
    page.reload()
    expect(conversations.get_by_role("link")).to_have_count(0)


def test_nothing_that_a_model_writes_runs_or_loads(visitor: Visitor) -> None:
    page = visitor.page
    visitor.come_in()
    requested: list[str] = []
    page.on("request", lambda request: requested.append(request.url))
    visitor.send("Hello\n/simulate hostile-markup")
    visitor.wait_for_the_end()
    page.wait_for_timeout(500)
    page.reload()
    expect(page.get_by_role("article", name="Assistant said")).to_be_visible()
    assert not [url for url in requested if not url.startswith((visitor.url, "data:", "ws"))]
    assert page.locator("[role=log] script, [role=log] iframe, [role=log] style, [role=log] object").count() == 0
    for attribute in ("onerror", "onclick", "onload", "style", "srcset"):
        assert page.locator(f"[role=log] [{attribute}]").count() == 0
    assert page.locator("[role=log] a[href^='javascript' i], [role=log] a[href^='data' i]").count() == 0


@pytest.mark.usefixtures("demo_pace")
def test_a_reload_in_the_middle_of_an_answer_loses_nothing(visitor: Visitor) -> None:
    page = visitor.page
    visitor.come_in()
    visitor.send("count to 120")
    answer = page.get_by_role("article", name="Assistant said")
    expect(answer).to_contain_text("1, 2, 3, 4")
    page.reload()
    expect(answer).to_contain_text("1, 2, 3, 4")
    visitor.wait_for_the_end()
    numbers = ", ".join(str(number) for number in range(1, 121))
    assert numbers in " ".join(answer.inner_text().split())


def test_a_killed_server_is_survived(newcomer: Visitor) -> None:
    page = newcomer.page
    newcomer.become_first_administrator()
    newcomer.send("count to 300")
    answer = page.get_by_role("article", name="Assistant said")
    expect(answer).to_contain_text("20, 21, 22")
    newcomer.server.kill()
    page.get_by_role("textbox", name="Message").fill("What I am typing meanwhile")
    newcomer.server.start()
    expect(answer).to_contain_text("298, 299, 300", timeout=45_000)
    numbers = ", ".join(str(number) for number in range(1, 301))
    assert numbers in " ".join(answer.inner_text().split())
    expect(page.get_by_role("textbox", name="Message")).to_have_value("What I am typing meanwhile")


@pytest.mark.usefixtures("demo_pace")
def test_two_tabs_show_the_same(visitor: Visitor) -> None:
    page = visitor.page
    visitor.come_in()
    visitor.send("count to 60")
    expect(page).to_have_url(re.compile("/c/"))
    second: Page = page.context.new_page()
    second.goto(page.url)
    expect(second.get_by_role("article", name="Assistant said")).to_contain_text("58, 59, 60", timeout=20_000)
    visitor.wait_for_the_end()
    first_text = page.get_by_role("article", name="Assistant said").inner_text()
    assert second.get_by_role("article", name="Assistant said").inner_text() == first_text


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_nothing_overflows_and_nothing_is_blocked(visitor: Visitor, width: int, scheme: str) -> None:
    page = visitor.page
    page.set_viewport_size({"width": width, "height": 844})
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    visitor.come_in()
    visitor.send(DEMONSTRATION)
    visitor.wait_for_the_end()
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert visitor.complaints == []
