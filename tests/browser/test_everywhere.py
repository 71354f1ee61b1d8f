"""The page wherever people are: other languages and directions, keyboards, phones, several devices, no connection."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.visitor import Visitor
from tests.live.member import PASSWORD

pytestmark = pytest.mark.browser


@pytest.fixture
def elsewhere(browser: Browser, visitor: Visitor) -> Iterator[Page]:
    """The same person at another device."""
    visitor.come_in()
    context = browser.new_context()
    page = context.new_page()
    heard: list[object] = []
    page.on("websocket", lambda socket: socket.on("framereceived", lambda frame: heard.append(frame)))
    sign_in(page, visitor)
    while not heard:  # until it is connected: what came before is on the page
        page.wait_for_timeout(50)
    yield page
    context.close()


def sign_in(page: Page, visitor: Visitor) -> None:
    page.goto(visitor.url)
    page.get_by_label("Email").fill(visitor.email)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_role("textbox", name="Message")).to_be_visible()


class TestDevices:
    def test_new_chats_titles_and_deletions_arrive_without_a_reload(self, visitor: Visitor, elsewhere: Page) -> None:
        there = elsewhere.get_by_role("navigation", name="Conversations")
        visitor.send("Hello")
        visitor.wait_for_the_end()
        expect(there.get_by_role("link")).to_have_count(1)
        visitor.open_menu_of_first_conversation("Rename")
        visitor.page.get_by_role("dialog").get_by_role("textbox").fill("Seen on two devices")
        visitor.page.keyboard.press("Enter")
        expect(there.get_by_role("link", name="Seen on two devices")).to_be_visible()
        there.get_by_role("link", name="Seen on two devices").click()
        expect(elsewhere).to_have_title(re.compile("^Seen on two devices "))
        visitor.open_menu_of_first_conversation("Delete")
        expect(there.get_by_role("link")).to_have_count(0)
        expect(elsewhere).to_have_url(visitor.url + "/")

    @pytest.mark.usefixtures("demo_pace")
    def test_an_answer_that_is_running_is_followed_and_stopped_from_another_device(
        self, visitor: Visitor, elsewhere: Page
    ) -> None:
        visitor.send("count to 9000")
        elsewhere.get_by_role("navigation", name="Conversations").get_by_role("link").first.click()
        expect(elsewhere.get_by_role("article", name="Assistant said")).to_contain_text("10, 11, 12")
        elsewhere.get_by_role("button", name="Stop generating").click()
        expect(visitor.page.get_by_role("article", name="Assistant said")).to_contain_text("stopped")


class TestKeyboard:
    @pytest.mark.usefixtures("demo_pace")
    def test_chords_work_from_the_message_field(self, visitor: Visitor) -> None:
        page = visitor.page
        visitor.come_in()
        visitor.send("First chat")
        visitor.wait_for_the_end()
        field = page.get_by_role("textbox", name="Message")
        field.focus()
        page.keyboard.press("Alt+Shift+N")
        expect(page.get_by_role("article")).to_have_count(0)
        visitor.send("count to 9000")
        expect(page.get_by_role("article", name="Assistant said")).to_contain_text("1, 2, 3")
        page.keyboard.press("Alt+Shift+X")
        expect(page.get_by_role("article", name="Assistant said")).to_contain_text("stopped")
        page.keyboard.press("Alt+Shift+J")
        expect(page.get_by_role("article", name="You said")).to_contain_text("First chat")
        page.keyboard.press("Alt+Shift+K")
        expect(page.get_by_role("article", name="You said")).to_contain_text("count to 9000")
        page.keyboard.press("Alt+Shift+S")
        expect(page.get_by_role("navigation", name="Conversations")).to_be_hidden()
        page.keyboard.press("Alt+Shift+M")
        expect(field).to_be_focused()

    def test_single_keys_leave_text_alone_and_can_be_switched_off(self, visitor: Visitor) -> None:
        page = visitor.page
        visitor.come_in()
        field = page.get_by_role("textbox", name="Message")
        field.press_sequentially("why?")
        expect(field).to_have_value("why?")
        # The scripts are there, those that come later, too.
        page.wait_for_load_state("networkidle")
        sheet = page.get_by_role("dialog", name="Keyboard shortcuts")
        field.blur()
        page.keyboard.press("?")
        expect(sheet).to_be_visible()
        expect(sheet.get_by_role("definition").first).to_contain_text("Shift")
        sheet.get_by_role("checkbox").uncheck()
        page.keyboard.press("Escape")
        expect(sheet).to_be_hidden()
        page.keyboard.press("?")
        expect(sheet).to_be_hidden()
        page.reload()
        field.fill("why")
        page.wait_for_load_state("networkidle")
        field.blur()
        page.keyboard.press("?")
        expect(sheet).to_be_hidden()

    def test_everything_is_reached_by_tab_and_the_focus_is_seen(self, visitor: Visitor) -> None:
        page = visitor.page
        visitor.come_in()
        visitor.send("Hello")
        visitor.wait_for_the_end()
        page.reload()
        expect(page.get_by_role("article", name="Assistant said")).not_to_be_empty()
        reachable = page.evaluate(
            """() => [...document.querySelectorAll("a[href], button, input, select, textarea")].filter(
              (each) => each.checkVisibility({ visibilityProperty: true }) && !each.disabled && each.tabIndex >= 0 &&
                getComputedStyle(each).opacity !== "0").length"""
        )
        seen = set()
        page.locator("body").focus()
        for _ in range(reachable + 10):
            page.keyboard.press("Tab")
            seen.add(page.evaluate("(document.activeElement.dataset.seen ??= Math.random().toString())"))
            assert page.evaluate(FOCUS_IS_SEEN), page.evaluate("document.activeElement.outerHTML.slice(0, 200)")
        assert len(seen) >= reachable


FOCUS_IS_SEEN = """() => {
  const shows = (each) => each && (getComputedStyle(each).outlineStyle !== "none" ||
    getComputedStyle(each).boxShadow.includes("3px"));
  const focused = document.activeElement;
  return focused === document.body || [focused, focused.closest("label, form, .picker")].some(shows);
}"""


class TestLanguages:
    @pytest.mark.parametrize(("locale", "hello"), [("de-AT", "Nachricht"), ("zh-CN", "消息"), ("ar-EG", "الرسالة")])
    def test_page_scripts_and_services_speak_it(
        self, lone_visitor: Visitor, browser: Browser, locale: str, hello: str
    ) -> None:
        lone_visitor.come_in()
        context = browser.new_context(locale=locale, storage_state=lone_visitor.page.context.storage_state())
        page = context.new_page()
        page.goto(lone_visitor.url)
        expect(page.get_by_role("textbox", name=hello)).to_be_visible()
        english = json.loads(page.evaluate("JSON.stringify([...document.querySelectorAll('option')].map(o => o.text))"))
        assert "Thinking off" not in english
        page.get_by_role("textbox", name=hello).fill("Hello\n/simulate wrong-key-every-second")
        for _ in range(2):
            page.locator("#send").click()
            expect(page.locator("#send")).to_be_visible(timeout=60_000)
            page.locator("#message").fill("Hello again\n/simulate wrong-key-every-second")
        alert = page.get_by_role("alert").locator("visible=true").last
        expect(alert).to_contain_text("DeepSeek")
        assert "key" not in alert.inner_text()
        context.close()

    def test_right_to_left_mirrors_the_page_and_leaves_code_alone(self, visitor: Visitor, browser: Browser) -> None:
        visitor.come_in()
        visitor.send("Show me what you can do: formatting, code, a table and a formula")
        visitor.wait_for_the_end()
        signed_in = visitor.page.context.storage_state()
        context = browser.new_context(locale="ar", viewport={"width": 1280, "height": 800}, storage_state=signed_in)
        page = context.new_page()
        page.goto(visitor.page.url)
        expect(page.locator("pre code .hljs-keyword").first).to_be_visible()
        middle = 640
        assert page.locator("#sidebar").bounding_box()["x"] > middle  # type: ignore[index]
        assert page.locator("#send").bounding_box()["x"] < middle  # type: ignore[index]
        assert page.locator("pre").first.evaluate("e => getComputedStyle(e).direction") == "ltr"
        page.set_viewport_size({"width": 390, "height": 800})
        page.locator("#open-sidebar").click()
        expect(page.locator("#sidebar")).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        context.close()


CONTROLLED = """async () => {
  await navigator.serviceWorker.ready;
  if (!navigator.serviceWorker.controller)
    await new Promise((done) => navigator.serviceWorker.addEventListener("controllerchange", done, { once: true }));
}"""


class TestWithoutConnection:
    def test_a_page_says_so_and_nothing_of_a_chat_is_kept(self, lone_visitor: Visitor) -> None:
        page = lone_visitor.page
        lone_visitor.come_in()
        lone_visitor.send("A secret that stays on the server")
        lone_visitor.wait_for_the_end()
        page.evaluate(CONTROLLED)
        page.reload()
        expect(page.get_by_role("article", name="Assistant said")).to_be_visible()
        kept = page.evaluate(
            """async () => {
              const found = [];
              for (const name of await caches.keys())
                for (const request of await (await caches.open(name)).keys()) found.push(new URL(request.url).pathname);
              return found;
            }"""
        )
        assert kept
        assert all(path == "/offline/" or path.startswith("/static/") for path in kept)
        lone_visitor.server.kill()
        page.goto(lone_visitor.url, wait_until="commit")
        expect(page.get_by_role("heading", name="No connection")).to_be_visible()
        assert page.locator(".card").evaluate("e => getComputedStyle(e).borderTopStyle") == "solid"
        lone_visitor.server.start()
        page.get_by_role("link", name="Try again").click()
        expect(page.get_by_role("textbox", name="Message")).to_be_visible()

    def test_it_can_be_installed(self, visitor: Visitor) -> None:
        page = visitor.page
        visitor.come_in()
        address = page.locator("link[rel=manifest]").get_attribute("href")
        manifest = page.request.get(f"{visitor.url}{address}").json()
        assert manifest["display"] == "standalone"
        for icon in manifest["icons"]:
            answer = page.request.get(f"{visitor.url}{icon['src']}")
            assert answer.headers["content-type"] == "image/png"
            width = int.from_bytes(answer.body()[16:20], "big")
            assert icon["sizes"] == f"{width}x{width}"


class TestThemes:
    def test_a_chosen_theme_is_there_before_the_first_paint_and_in_other_tabs(self, visitor: Visitor) -> None:
        page = visitor.page
        visitor.come_in()
        second = page.context.new_page()
        second.goto(visitor.url)
        page.get_by_role("button", name=re.compile("account menu")).click()
        page.get_by_role("radio", name="Dark").check(force=True)
        expect(second.locator("html")).to_have_attribute("data-theme", "dark")
        # Before any style sheet paints: the script in the head is no module and is not deferred.
        second.route("**/*.css", lambda route: route.abort())
        second.goto(visitor.url, wait_until="commit")
        expect(second.locator("html")).to_have_attribute("data-theme", "dark")
