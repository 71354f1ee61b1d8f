"""Writing: drafts that follow the person, the history, a lost connection; and long chats with summaries."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.site import open_site
from tests.browser.visitor import Visitor
from tests.live.member import PASSWORD

pytestmark = pytest.mark.browser


@pytest.fixture
def writer(visitor: Visitor) -> Visitor:
    """Somebody before an empty chat."""
    return begin(visitor)


@pytest.fixture
def lone_writer(lone_visitor: Visitor) -> Visitor:
    """The same at a server that is theirs alone."""
    return begin(lone_visitor)


@pytest.fixture
def terse_writer(page: Page, tmp_path: Path) -> Iterator[Visitor]:
    """The same at a server with a small context budget."""
    with open_site(tmp_path, 1, CONTEXT_BUDGET="1500") as site:
        yield begin(Visitor(page, site.server, site.next_person()))


def begin(visitor: Visitor) -> Visitor:
    visitor.come_in()
    expect(visitor.page.get_by_role("heading", name="on your mind")).to_be_visible()
    return visitor


def copies(page: Page) -> int:
    """Drafts in the browser's storage."""
    names = "Object.keys(localStorage).filter((name) => name.startsWith('chatsite.draft.'))"
    return len(page.evaluate(names))


def wait_for_copies(page: Page, count: int) -> None:
    for _ in range(200):
        if copies(page) == count:
            return
        page.wait_for_timeout(50)
    raise AssertionError(f"{copies(page)} copies instead of {count}")


@pytest.mark.parametrize(("key", "sends"), [("Enter", True), ("Shift+Enter", False)])
def test_what_is_typed_and_sent_before_the_scripts_run(writer: Visitor, key: str, sends: bool) -> None:
    page = writer.page
    held = []
    page.route("**/js/start.*.js", lambda route: held.append(route))
    with page.expect_response(lambda response: "/js/send-key." in response.url):
        page.goto(writer.url, wait_until="commit")
    message = page.get_by_role("textbox", name="Message")
    message.fill("Early bird")
    page.wait_for_timeout(500)
    message.press(key)
    expect(message).to_have_value("Early bird" if sends else "Early bird\n")
    for route in held:
        route.continue_()
    if sends:
        expect(page.get_by_role("log")).to_contain_text("Early bird")
        expect(message).to_have_value("")
    else:
        expect(page.get_by_role("button", name="Send message")).to_be_enabled()
        expect(page.get_by_role("log")).not_to_contain_text("Early bird")


@pytest.mark.parametrize("is_draft", [True, False], ids=["a draft before it", "more typed after it"])
def test_an_early_enter_sends_nothing_else(writer: Visitor, is_draft: bool) -> None:
    page = writer.page
    message = page.get_by_role("textbox", name="Message")
    if is_draft:
        with page.expect_response(
            lambda response: response.url.endswith("/draft/") and response.request.method == "PUT"
        ):
            message.fill("half a thought")
    held = []
    page.route("**/js/start.*.js", lambda route: held.append(route))
    with page.expect_response(lambda response: "/js/send-key." in response.url):
        page.goto(writer.url, wait_until="commit")
    message.fill("Early bird")
    page.wait_for_timeout(500)
    message.press("Enter")
    if not is_draft:
        message.press_sequentially(" and mo")
    for route in held:
        route.continue_()
    expect(page.get_by_role("button", name="Send message")).to_be_enabled()
    expect(message).to_have_value("half a thought\n\nEarly bird" if is_draft else "Early bird and mo")
    expect(page.get_by_role("log")).not_to_contain_text("Early bird")


def test_what_is_sent_while_a_chat_is_being_formatted_goes_to_that_chat(writer: Visitor) -> None:
    page = writer.page
    writer.send("First question")
    writer.wait_for_the_end()
    message = page.get_by_role("textbox", name="Message")
    address = page.url
    held = []
    page.route("**/js/rich-text.*.js", lambda route: held.append(route))
    with page.expect_response(lambda response: "/js/start." in response.url):
        page.goto(address, wait_until="commit")
    page.wait_for_timeout(4000)
    assert held
    message.press_sequentially("Second question")
    message.press("Enter")
    for route in held:
        route.continue_()
    expect(page.get_by_role("log")).to_contain_text("First question")
    expect(page.get_by_role("log")).to_contain_text("Second question")
    expect(page).to_have_url(address)
    writer.wait_for_the_end()
    page.goto(writer.url)
    expect(message).to_have_value("")


def test_drafts_follow_the_person_and_end_with_sending(writer: Visitor, browser: Browser) -> None:
    page = writer.page
    message = page.get_by_role("textbox", name="Message")
    with page.expect_response(lambda response: response.url.endswith("/draft/") and response.request.method == "PUT"):
        message.fill("half a thought")
    page.reload()
    expect(message).to_have_value("half a thought")

    other = browser.new_context().new_page()
    other.goto(writer.url)
    other.get_by_label("Email").fill(writer.email)
    other.get_by_label("Password", exact=True).fill(PASSWORD)
    other.get_by_role("button", name="Sign in", exact=True).click()
    elsewhere = other.get_by_role("textbox", name="Message")
    expect(elsewhere).to_have_value("half a thought")
    elsewhere.press_sequentially(", be brief")
    expect(message).to_have_value("half a thought, be brief")

    message.press("Enter")
    writer.wait_for_the_end()
    expect(elsewhere).to_have_value("")
    page.reload()
    expect(page.get_by_role("article", name="You said")).to_contain_text("half a thought, be brief")
    expect(message).to_have_value("")
    message.fill("for this chat alone")
    page.get_by_role("button", name="New chat").first.click()
    expect(message).to_have_value("")
    page.go_back()
    expect(message).to_have_value("for this chat alone")
    other.context.close()


def test_an_older_tab_asks_before_it_overwrites(writer: Visitor) -> None:
    page = writer.page
    second = page.context.new_page()
    second.goto(writer.url)
    second.context.set_offline(False)
    message, newer = (each.get_by_role("textbox", name="Message") for each in (page, second))
    expect(newer).to_be_enabled()
    # The first tab hears nothing for a while, like one on a laptop that sleeps.
    page.route("**/draft/", lambda route: route.abort())
    message.fill("older")
    with second.expect_response(lambda response: response.url.endswith("/draft/") and response.request.method == "PUT"):
        newer.fill("newer")
    page.unroute("**/draft/")
    expect(page.get_by_text("This draft was changed on another page")).to_be_visible(timeout=15_000)
    expect(message).to_have_value("older")
    page.get_by_role("button", name="Show that one").click()
    expect(message).to_have_value("newer")
    expect(page.get_by_text("This draft was changed on another page")).to_be_hidden()


def test_history_and_lines(writer: Visitor) -> None:
    page = writer.page
    message = page.get_by_role("textbox", name="Message")
    writer.send("first, be brief")
    writer.wait_for_the_end()
    message.press_sequentially("second")
    message.press("Shift+Enter")
    message.press_sequentially("line, be brief")
    message.press("Enter")
    writer.wait_for_the_end()
    message.press("ArrowUp")
    expect(message).to_have_value("second\nline, be brief")
    message.press("ArrowUp")
    expect(message).to_have_value("first, be brief")
    message.press("ArrowDown")
    message.press("ArrowDown")
    expect(message).to_have_value("")
    message.fill("typed")
    message.press("ArrowUp")
    expect(message).to_have_value("typed")


def test_the_field_grows_up_to_a_limit(writer: Visitor) -> None:
    message = writer.page.get_by_role("textbox", name="Message")
    heights = []
    for lines in (1, 5, 200):
        message.fill("line\n" * lines)
        box = message.bounding_box()
        assert box is not None
        heights.append(box["height"])
    assert heights[0] < heights[1] < heights[2] < 360


def test_what_is_sent_without_a_connection_goes_out_once(lone_writer: Visitor) -> None:
    page = lone_writer.page
    lone_writer.server.kill()
    expect(page.get_by_text("Not connected.")).to_be_visible()
    lone_writer.send("written on a train, be brief")
    expect(page.get_by_text("One message waits for the connection.")).to_be_visible()
    lone_writer.server.start()
    lone_writer.wait_for_the_end()
    expect(page.get_by_role("article", name="You said")).to_have_count(1)
    page.reload()
    expect(page.get_by_role("article", name="You said")).to_have_count(1)
    expect(page.get_by_role("textbox", name="Message")).to_have_value("")


def test_what_was_typed_without_a_connection_survives_a_reload_but_no_sign_out(lone_writer: Visitor) -> None:
    page = lone_writer.page
    message = page.get_by_role("textbox", name="Message")
    page.on("dialog", lambda dialog: dialog.accept())
    lone_writer.server.kill()
    message.fill("nobody has heard of this")
    wait_for_copies(page, 1)
    assert "nobody" not in page.evaluate("JSON.stringify({ ...localStorage })")
    lone_writer.server.start()
    page.reload()
    expect(message).to_have_value("nobody has heard of this")
    wait_for_copies(page, 0)

    page.route("**/draft/", lambda route: route.abort())
    message.fill("this neither")
    wait_for_copies(page, 1)
    page.get_by_role("button", name=re.compile("account menu")).click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_label("Password", exact=True)).to_be_visible()
    assert copies(page) == 0


def test_a_long_chat_gets_a_summary_that_can_be_rewritten(terse_writer: Visitor) -> None:
    page = terse_writer.page
    for number in range(7):
        terse_writer.send(f"Question {number}: write 120 words")
        terse_writer.wait_for_the_end()
    summary = page.get_by_role("complementary", name="Summary of the messages above").last
    expect(summary).to_be_visible()
    expect(page.get_by_role("article", name="You said")).to_have_count(7)
    summary.locator("summary").click()
    expect(summary).to_contain_text("Question 0")
    summary.get_by_role("button", name="Rewrite").click()
    summary.get_by_role("textbox").fill("- my own words")
    summary.get_by_role("button", name="Save").click()
    expect(summary).to_contain_text("in your words")
    page.reload()
    expect(summary).to_contain_text("in your words")

    message = page.get_by_role("textbox", name="Message")
    message.fill("y" * 4400)
    expect(
        page.get_by_text("tokens, and 1,500 fit").or_(page.get_by_text("tokens with the chat so far"))
    ).to_be_visible()
    message.press("Enter")
    page.get_by_role("button", name="Summarize older messages and send").click()
    expect(page.get_by_role("article", name="Assistant said")).to_have_count(8, timeout=30_000)
    terse_writer.wait_for_the_end()
    assert [text for text in terse_writer.complaints if "409" not in text] == []


def test_who_waits_for_a_place_sees_where_in_line(page: Page, tmp_path: Path) -> None:
    with open_site(tmp_path, 1, demo=True, MAX_CONCURRENT_ANSWERS="1") as site:
        visitor = Visitor(page, site.server, site.next_person())
        visitor.come_in()
        visitor.send("count to 2000")
        for place in ("Next in line", "2nd in line"):
            waiting = page.context.new_page()
            waiting.goto(visitor.url)
            expect(waiting.get_by_role("heading", name="on your mind")).to_be_visible()
            waiting.get_by_role("textbox", name="Message").fill(f"Hello from {place}")
            waiting.get_by_role("button", name="Send message").click()
            expect(waiting.get_by_text(place, exact=True)).to_be_visible()
        page.get_by_role("button", name="Stop generating").click()
        expect(waiting.get_by_text("Next in line", exact=True).or_(waiting.locator(".prose p").first)).to_be_visible()
