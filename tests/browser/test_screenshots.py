"""The main states of the chat as pictures, to be looked at: in the folder that `SCREENSHOTS` names, else thrown away.

Each state is there when its picture is taken, nothing sticks out of the page, and the console has nothing to say.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from conversations.simulator import SimulatorThread
from tests.browser.visitor import DEMONSTRATION, Visitor
from tests.live.server import LiveServer, installation

pytestmark = pytest.mark.browser

DESK = {"width": 1280, "height": 800}
PHONE = {"width": 390, "height": 844}
SETTLED = "() => document.querySelectorAll('.unformatted').length === 0 && document.fonts.status === 'loaded'"


class Camera:
    """Takes pictures of a page."""

    def __init__(self, page: Page, folder: Path) -> None:
        self._page = page
        self._folder = folder

    def take(self, name: str) -> None:
        self._page.wait_for_function(SETTLED)
        assert self._page.evaluate("document.documentElement.scrollWidth <= innerWidth"), name
        path = self._folder / f"{name}.png"
        self._page.screenshot(path=path, animations="disabled", caret="hide")
        assert path.stat().st_size > 5_000, name


def show(part: Locator) -> None:
    """At the top of what is read."""
    part.evaluate("element => element.scrollIntoView({ block: 'start' })")


@pytest.fixture
def simulator() -> SimulatorThread:
    return SimulatorThread(speed=60, first_token=0.2)


@pytest.fixture
def visitor(page: Page, tmp_path: Path, simulator: SimulatorThread) -> Iterator[Visitor]:
    """At a server with a key, as people see it."""
    with (
        simulator as running,
        installation(DEEPSEEK_API_KEY="sk-test", DEEPSEEK_BASE_URL=running.base_url) as environment,
        LiveServer(tmp_path / "var", environment) as server,
    ):
        page.set_viewport_size(DESK)  # type: ignore[arg-type]
        visitor = Visitor(page, server)
        visitor.become_first_administrator()
        for question in ("How do tides work?", "A packing list for a week in Norway", "Names for a sourdough starter"):
            page.get_by_role("button", name="New chat").first.click()
            visitor.send(question)
            visitor.wait_for_the_end()
        page.get_by_role("button", name="New chat").first.click()
        yield visitor
        assert visitor.complaints == []


@pytest.fixture
def camera(visitor: Visitor, tmp_path: Path) -> Camera:
    folder = Path(os.environ.get("SCREENSHOTS") or tmp_path / "pictures")
    folder.mkdir(parents=True, exist_ok=True)
    return Camera(visitor.page, folder)


def test_empty_and_writing(visitor: Visitor, camera: Camera) -> None:
    page = visitor.page
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    camera.take("empty")
    visitor.choose_thinking("Think")
    visitor.send(DEMONSTRATION)
    reasoning = page.locator("#log [data-action=toggle-reasoning]").last
    expect(reasoning).to_be_visible(timeout=20_000)
    reasoning.click()
    expect(page.locator("#log [data-part=reasoning-text]").last).to_contain_text("a", timeout=20_000)
    camera.take("thinking")
    expect(page.get_by_role("log").locator("table").last).to_be_visible(timeout=60_000)
    camera.take("streaming")
    visitor.wait_for_the_end()
    camera.take("answer")


def test_failed(visitor: Visitor, camera: Camera) -> None:
    visitor.send("What is new?\n/simulate no-balance")
    expect(visitor.page.get_by_role("alert").locator("visible=true").last).to_be_visible(timeout=30_000)
    camera.take("error")


def test_code_and_table(visitor: Visitor, camera: Camera) -> None:
    page = visitor.page
    visitor.send("Show me\n/simulate nasty-document")
    visitor.wait_for_the_end()
    show(page.locator("figure.code").filter(has_text="typescript"))
    expect(page.locator("figure.code .hljs-keyword").first).to_be_visible()
    camera.take("long-code")
    show(page.locator("figure.table-block").last)
    camera.take("table")
    show(page.locator("figure.diagram").first)
    expect(page.locator("figure.diagram img").first).to_be_visible(timeout=30_000)
    camera.take("diagram")


def test_dark_and_phone(visitor: Visitor, camera: Camera) -> None:
    page = visitor.page
    visitor.send(DEMONSTRATION)
    visitor.wait_for_the_end()
    code = page.locator("figure.code").last
    expect(code.locator("[class^=hljs]").first).to_be_visible()
    show(code)
    camera.take("light")
    page.emulate_media(color_scheme="dark")
    camera.take("dark")
    page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    show(code)
    camera.take("phone-dark")
    page.emulate_media(color_scheme="light")
    camera.take("phone")
    page.locator("#open-sidebar").click()
    expect(page.get_by_role("navigation", name="Conversations").get_by_role("link").first).to_be_in_viewport()
    camera.take("phone-drawer")


def test_right_to_left(visitor: Visitor, camera: Camera) -> None:
    page = visitor.page
    visitor.send("اشرح لي كيف يعمل المد والجزر\n/simulate nasty-document")
    visitor.wait_for_the_end()
    page.goto(f"{visitor.url}/settings/")
    with page.expect_navigation():  # the page loads again in the language when it is kept
        page.get_by_label("Language").select_option("ar")
    page.goto(visitor.url)
    expect(page.locator("html")).to_have_attribute("dir", "rtl")
    camera.take("right-to-left-empty")
    page.locator("#conversations a").first.click()
    expect(page.locator(".message-answer").last).to_be_visible()
    camera.take("right-to-left")
