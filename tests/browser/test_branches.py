"""The tree in the page: edits, versions and their arrows, answers that go on, settings, presets, answers in JSON."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.visitor import Visitor

pytestmark = pytest.mark.browser


def own(page: Page) -> Locator:
    return page.get_by_role("article", name="You said")


def answers(page: Page) -> Locator:
    return page.get_by_role("article", name="Assistant said")


def test_an_edit_makes_a_version_and_the_arrows_lead_back(visitor: Visitor) -> None:
    page = visitor.page
    visitor.come_in()
    visitor.send("count to 5")
    visitor.wait_for_the_end()
    own(page).hover()
    own(page).get_by_role("button", name="Edit message").click()
    field = page.get_by_role("textbox", name="Edit your message")
    expect(field).to_be_focused()
    expect(field).to_have_value("count to 5")
    field.fill("count to 7")
    field.press("Enter")
    expect(answers(page)).to_contain_text("6, 7")
    visitor.wait_for_the_end()
    versions = own(page).get_by_role("group", name="Version 2 of 2")
    expect(versions).to_contain_text("2 / 2")

    versions.get_by_role("button", name="Previous version").focus()
    page.keyboard.press("ArrowLeft")
    expect(own(page)).to_contain_text("count to 5")
    expect(own(page).get_by_role("button", name="Previous version")).to_be_focused()
    expect(answers(page)).not_to_contain_text("6, 7")
    page.wait_for_timeout(300)
    page.reload()
    expect(own(page)).to_contain_text("count to 5")
    expect(own(page)).to_contain_text("1 / 2")

    other = page.context.new_page()
    other.goto(page.url)
    expect(own(other)).to_contain_text("count to 5")
    own(page).get_by_role("button", name="Next version").click()
    expect(own(page)).to_contain_text("count to 7")
    expect(own(other)).to_contain_text("count to 7")
    assert visitor.complaints == []


def test_what_was_typed_into_an_edit_is_not_lost(visitor: Visitor) -> None:
    page = visitor.page
    visitor.come_in()
    visitor.send("Hello")
    visitor.wait_for_the_end()
    visitor.send("And now?")
    visitor.wait_for_the_end()
    own(page).first.hover()
    own(page).first.get_by_role("button", name="Edit message").click()
    field = page.get_by_role("textbox", name="Edit your message")
    field.fill("Something longer that")
    page.get_by_role("button", name="New chat").first.click()
    page.get_by_role("navigation", name="Conversations").get_by_role("link").first.click()
    own(page).first.hover()
    own(page).first.get_by_role("button", name="Edit message").click()
    expect(field).to_have_value("Something longer that")
    field.press("Escape")
    expect(own(page).first).to_contain_text("Hello")
    expect(own(page).first.get_by_role("button", name="Edit message")).to_be_focused()


@pytest.mark.usefixtures("demo_pace")
def test_a_cut_answer_is_continued_as_one_text(visitor: Visitor) -> None:
    page = visitor.page
    visitor.come_in()
    visitor.send("count to 200")
    expect(answers(page)).to_contain_text("20, 21, 22")
    page.get_by_role("button", name="Stop generating").click()
    go_on = answers(page).get_by_role("button", name="Continue")
    expect(go_on).to_be_visible()
    go_on.click()
    expect(answers(page)).to_contain_text("198, 199, 200", timeout=20_000)
    visitor.wait_for_the_end()
    numbers = ", ".join(str(number) for number in range(1, 201))
    assert numbers in " ".join(answers(page).inner_text().split())
    expect(go_on).to_be_hidden()
    expect(answers(page)).to_have_count(1)
    page.reload()
    expect(answers(page)).to_contain_text("198, 199, 200")
    assert numbers in " ".join(answers(page).inner_text().split())


def test_another_answer_with_another_model(visitor: Visitor) -> None:
    page = visitor.page
    visitor.come_in()
    visitor.send("Hello")
    visitor.wait_for_the_end()
    answers(page).get_by_role("button", name="Write another answer with another model").click()
    menu = page.get_by_role("form", name="Write another answer")
    menu.get_by_label("Model").select_option(label="DeepSeek Pro")
    menu.get_by_label("Thinking").select_option(label="Think hard")
    menu.get_by_role("button", name="Write another answer").click()
    expect(answers(page)).to_contain_text("2 / 2")
    visitor.wait_for_the_end()
    expect(answers(page).get_by_role("button", name=re.compile("^Thought"))).to_be_visible()
    answers(page).get_by_role("button", name="Figures of this answer").click()
    expect(answers(page)).to_contain_text("DeepSeek Pro")


def test_settings_and_presets(visitor: Visitor) -> None:
    page = visitor.page
    visitor.come_in()
    page.get_by_role("button", name="Chat settings").click()
    dialog = page.get_by_role("dialog", name="Chat settings")
    dialog.get_by_label("Instructions").fill("Speak like a pirate.")
    dialog.get_by_text("Advanced").click()
    temperature = dialog.get_by_label("Temperature")
    temperature.fill("0.4")
    dialog.get_by_label("Thinking").select_option(label="Think")
    expect(temperature).to_have_attribute("readonly", "")
    expect(dialog.get_by_text("Has no effect while the model thinks").first).to_be_visible()
    dialog.get_by_label("Thinking").select_option(label="Thinking off")
    expect(temperature).not_to_have_attribute("readonly", "")
    dialog.get_by_text("Save as a preset").click()
    dialog.get_by_label("Name").fill("Pirate")
    dialog.get_by_role("button", name="Save as new preset").click()
    expect(dialog.get_by_label("Preset", exact=True)).to_have_value(re.compile("."))
    dialog.get_by_role("button", name="Apply").click()
    expect(page.get_by_role("button", name="Chat settings (changed)")).to_be_visible()
    visitor.send("Hello")
    visitor.wait_for_the_end()
    page.reload()
    page.get_by_role("button", name="Chat settings (changed)").click()
    expect(dialog.get_by_label("Instructions")).to_have_value("Speak like a pirate.")
    expect(temperature).to_have_value("0.4")
    temperature.fill("7")
    dialog.get_by_role("button", name="Apply").click()
    expect(dialog).to_be_visible()
    dialog.get_by_role("button", name="Cancel").click()

    page.get_by_role("button", name="New chat").first.click()
    page.get_by_role("button", name="Chat settings", exact=True).click()
    expect(dialog.get_by_label("Instructions")).to_have_value("")
    dialog.get_by_label("Preset", exact=True).select_option(label="Pirate")
    expect(dialog.get_by_label("Instructions")).to_have_value("Speak like a pirate.")
    expect(temperature).to_have_value("0.4")
    page.keyboard.press("Escape")
    assert visitor.complaints == []


def test_json_is_folded_and_its_word_is_asked_for(visitor: Visitor) -> None:
    page = visitor.page
    visitor.come_in()
    page.get_by_role("button", name="Chat settings").click()
    page.get_by_role("checkbox", name="Answer in JSON").check()
    page.get_by_role("button", name="Apply").click()
    visitor.send("Three colours")
    expect(page.get_by_role("alert").filter(has_text="needs the word “JSON”")).to_be_visible()
    page.get_by_role("button", name="Edit message").last.click()
    page.get_by_role("textbox", name="Message").fill("Three colours as JSON")
    page.keyboard.press("Enter")
    visitor.wait_for_the_end()
    tree = answers(page).locator(".json-tree")
    expect(tree.locator("summary").first).to_be_visible()
    answers(page).get_by_role("button", name="Show as text").click()
    expect(tree).to_be_hidden()
    expect(answers(page).locator(".json-text")).to_be_visible()
