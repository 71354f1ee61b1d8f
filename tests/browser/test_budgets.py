"""Budgets and policies, as a person and an administrator meet them."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser.visitor import Visitor

pytestmark = pytest.mark.browser


@pytest.fixture
def dana(lone_visitor: Visitor) -> Visitor:
    """An administrator of a site of her own."""
    lone_visitor.come_in()
    return lone_visitor


def test_a_refused_question_is_in_the_field_again_and_goes_once_it_is_lifted(dana: Visitor) -> None:
    page = dana.page
    page.goto(f"{dana.url}/admin/conversations/budget/add/")
    page.get_by_label("Measured in").select_option("tokens")
    page.get_by_label("For each person").check()
    page.get_by_label("Warn at").fill("1")
    page.get_by_label("Stop at").fill("1500")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("1,500 tokens a month")).to_be_visible()

    page.goto(dana.url)
    dana.send("count to 2000")
    dana.wait_for_the_end()
    chat = page.url
    message = page.get_by_role("textbox", name="Message")
    message.fill("one more question")
    page.get_by_role("button", name="Send message").click()
    refusal = page.locator("#composer-refusal")
    expect(refusal).to_contain_text(
        re.compile(r"Your budget .*1,500 tokens a month.* It renews on .*your text was kept")
    )
    expect(message).to_have_value("one more question")
    expect(page.get_by_role("log").get_by_text("one more question")).to_have_count(0)
    page.reload()
    expect(message).to_have_value("one more question")

    page.goto(f"{dana.url}/settings/#usage")
    expect(page.get_by_text("Your budget: 1,500 tokens a month")).to_be_visible()
    expect(page.get_by_role("meter", name=re.compile("Your budget: .* percent used"))).to_be_visible()

    page.goto(f"{dana.url}/admin/budgets/")
    page.get_by_role("button", name="Lift until it renews").click()
    expect(page.get_by_text("lifted", exact=True)).to_be_visible()

    page.goto(chat)
    expect(message).to_have_value("one more question")
    page.get_by_role("button", name="Send message").click()
    expect(page.get_by_role("log").get_by_text("one more question")).to_be_visible()
    expect(refusal).to_be_hidden()
    dana.wait_for_the_end()
    assert not dana.complaints


def test_a_policy_shows_in_the_picker_the_settings_and_the_chat(dana: Visitor) -> None:
    page = dana.page
    page.goto(f"{dana.url}/admin/conversations/policy/add/")
    page.get_by_label("Instructions").fill("Answer in verse.")
    page.locator("#id_allowed_models").get_by_label("DeepSeek Flash").check()
    page.locator("#id_allowed_thinking").get_by_label("Low").check()
    page.get_by_label("No files can be attached").check()
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("the whole site")).to_be_visible()

    page.goto(dana.url)
    assert page.get_by_role("combobox", name="Model").locator("option").all_inner_texts() == ["DeepSeek Flash"]
    expect(page.get_by_role("button", name="Attach files")).to_be_hidden()
    page.get_by_role("button", name="Chat settings").click()
    page.get_by_text(re.compile("instructions come first")).click()
    expect(page.get_by_text("Answer in verse.")).to_be_visible()
    page.get_by_role("button", name="Cancel").click()
    dana.send("hello")
    dana.wait_for_the_end()

    page.goto(f"{dana.url}/settings/")
    section = page.get_by_role("region", name="What your administrators have set")
    expect(section.get_by_text("Answer in verse.")).to_be_visible()
    expect(section.get_by_text("None can be attached")).to_be_visible()
    assert not dana.complaints
