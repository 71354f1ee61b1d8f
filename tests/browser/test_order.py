"""Order in the sidebar and the settings page, as people use them: by pointer and by keyboard, in two tabs."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.visitor import Visitor

pytestmark = pytest.mark.browser


def export(count: int) -> bytes:
    """An export of so many chats, one a day."""
    now = datetime.now(UTC)
    return json.dumps([chat(number, now - timedelta(days=number)) for number in range(count)]).encode()


def chat(number: int, moment: datetime) -> dict[str, Any]:
    content = {"content_type": "text", "parts": [f"question {number}"]}
    message = {"author": {"role": "user"}, "content": content, "create_time": moment.timestamp()}
    return {
        "id": f"chat-{number}",
        "title": f"Chat {number}",
        "update_time": moment.timestamp(),
        "mapping": {"a": {"message": message, "parent": None}},
    }


@pytest.fixture
def member(visitor: Visitor, tmp_path: Path) -> Visitor:
    """Somebody who has imported 120 chats on the settings page and went back to the chat."""
    visitor.come_in()
    file = tmp_path / "conversations.json"
    file.write_bytes(export(120))
    visitor.page.goto(f"{visitor.url}/settings/")
    visitor.page.get_by_label("File", exact=True).set_input_files(file)
    expect(visitor.page.get_by_text("120 chats imported")).to_be_visible()
    visitor.page.goto(visitor.url)
    return visitor


def navigation(page: Page) -> Locator:
    return page.get_by_role("navigation", name="Conversations")


def choose(page: Page, title: str, entry: str) -> None:
    item = navigation(page).get_by_role("listitem").filter(has=page.get_by_role("link", name=title, exact=True))
    item.hover()
    item.get_by_role("button").click()
    page.get_by_role("menuitem", name=entry).click()


def test_the_list_goes_on_to_its_end(member: Visitor) -> None:
    links = navigation(member.page).get_by_role("link")
    expect(links).to_have_count(25)
    expect(navigation(member.page).get_by_role("heading", name="Yesterday")).to_be_visible()
    for count in (75, 120):
        links.last.scroll_into_view_if_needed()
        expect(links).to_have_count(count)
    assert len(set(links.all_inner_texts())) == 120


def test_pins_folders_and_the_archive_are_the_same_in_two_tabs(member: Visitor) -> None:
    page, other = member.page, member.page.context.new_page()
    other.goto(member.url)
    choose(page, "Chat 3", "Pin")
    expect(navigation(other).get_by_role("heading", name="Pinned")).to_be_visible()
    expect(navigation(other).get_by_role("link").first).to_have_accessible_name("Chat 3")

    page.get_by_role("button", name="New folder").click()
    page.get_by_role("dialog").get_by_role("textbox", name="Name").fill("Recipes")
    page.keyboard.press("Enter")
    folder = navigation(page).get_by_role("button", name="Recipes", exact=True)
    folder.click()
    navigation(page).get_by_role("link", name="Chat 1", exact=True).drag_to(folder)
    navigation(other).get_by_role("button", name="Recipes", exact=True).click()
    expect(other.locator("[data-folder]").get_by_role("link", name="Chat 1", exact=True)).to_be_visible()

    choose(page, "Chat 2", "Archive")
    expect(navigation(other).get_by_role("link", name="Chat 2", exact=True)).to_have_count(0)
    other.get_by_role("button", name="Archived chats").click()
    expect(navigation(other).get_by_role("link", name="Chat 2", exact=True)).to_be_visible()
    assert member.complaints == []


def test_several_are_deleted_and_had_back(member: Visitor) -> None:
    page = member.page
    links = navigation(page).get_by_role("link")
    page.get_by_role("button", name="Select chats").click()
    for title in ("Chat 4", "Chat 5", "Chat 6"):
        navigation(page).get_by_role("checkbox", name=title, exact=True).check()
    page.get_by_role("toolbar", name="Selected chats").get_by_role("button", name="Delete").click()
    expect(links).to_have_count(22)
    page.locator("body").press("Control+z")
    expect(links).to_have_count(25)


def test_what_could_not_be_archived_is_not_said_to_be(member: Visitor) -> None:
    page = member.page
    page.route("**/conversations/arrange/", lambda route: route.abort())
    choose(page, "Chat 3", "Archive")
    expect(page.get_by_text("That did not work. Nothing was changed")).to_be_visible()
    expect(page.get_by_text("Chat archived.")).to_be_hidden()
    expect(navigation(page).get_by_role("link", name="Chat 3", exact=True)).to_be_visible()


def test_titles_are_found_by_keyboard(member: Visitor) -> None:
    page = member.page
    page.get_by_role("searchbox").focus()
    page.keyboard.type("CHAT 119")
    expect(navigation(page).get_by_role("link")).to_have_count(1)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.get_by_role("article", name="You said")).to_contain_text("question 119")
    page.get_by_role("searchbox").press("Escape")
    expect(navigation(page).get_by_role("link")).to_have_count(25)


def test_a_theme_is_chosen_for_all_devices_and_drawn_at_once(member: Visitor) -> None:
    page, other = member.page, member.page.context.new_page()
    other.goto(member.url)
    page.goto(f"{member.url}/settings/")
    page.get_by_label("Appearance").select_option("dark")
    expect(other.locator("html")).to_have_attribute("data-theme", "dark")
    answer = page.request.get(member.url)
    assert re.search(r'<html[^>]* data-theme="dark"', answer.text())


@pytest.mark.parametrize("width", [1280, 390])
def test_the_settings_page_fits_and_nothing_is_blocked(member: Visitor, width: int) -> None:
    page = member.page
    page.set_viewport_size({"width": width, "height": 844})
    member.send("Hello")
    member.wait_for_the_end()
    page.goto(f"{member.url}/settings/")
    expect(page.locator("#usage-chart canvas")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert member.complaints == []
