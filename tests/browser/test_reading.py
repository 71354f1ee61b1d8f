"""Reading: answers are put on the page block by block, and code, tables, diagrams and places work in a real browser."""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from conversations.simulator.documents import NASTY_DOCUMENT, long_document
from tests.browser.visitor import Visitor

pytestmark = pytest.mark.browser

STREAM = (Path(__file__).parent / "streaming.js").read_text()


def nasty(visitor: Visitor) -> Locator:
    """The answer that has everything in it, complete."""
    visitor.come_in()
    visitor.send("Show me\n/simulate nasty-document")
    visitor.wait_for_the_end()
    return visitor.page.get_by_role("article", name="Assistant said").last


def streamed(page: Page, text: str, seed: int, longest: int) -> dict[str, Any]:
    """What comes of a text that arrives in random pieces (see `streaming.js`)."""
    found: dict[str, Any] = page.evaluate(STREAM, {"text": text, "seed": seed, "longest": longest})
    return found


def test_what_is_written_piece_by_piece_looks_like_the_whole_and_settled_blocks_stay(visitor: Visitor) -> None:
    visitor.come_in()
    lists = (
        "- a\n- b\n\n- c\n  - d\n\n    e\n- f\n---\n- g\n1. h\n\n"
        "| a | b |\n|---|---|\n| 1 | 2 |\n| 3 | [x] |\n- i\n\n[x]: https://e.org/"
    )
    for seed in range(1, 6):
        for text in (NASTY_DOCUMENT, lists, long_document(8_000)):
            found = streamed(visitor.page, text, seed, 24)
            assert found["streamed"] == found["whole"], seed
            assert found["settledReplaced"] == 0, seed
    assert visitor.complaints == []


def test_work_grows_with_what_is_new(visitor: Visitor) -> None:
    visitor.come_in()
    short, long = (streamed(visitor.page, long_document(size), 1, 40) for size in (20_000, 100_000))
    assert short["made"] < 12 * short["final"]
    assert long["made"] / long["final"] < 1.3 * short["made"] / short["final"]


def test_code_is_copied_wrapped_and_kept_as_a_file(visitor: Visitor) -> None:
    visitor.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    figure = nasty(visitor).locator("figure.code").filter(has_text="typescript")
    expect(figure.locator(".hljs-keyword").first).to_be_visible()
    figure.get_by_role("button", name="Copy code").click()
    copied = visitor.page.evaluate("navigator.clipboard.readText()")
    assert copied.startswith("interface Simulated<T")
    assert copied.endswith("*/\n")
    wrap = figure.get_by_role("button", name="Wrap long lines")
    code = figure.locator("pre")
    assert code.evaluate("element => element.scrollWidth > element.clientWidth")
    wrap.click()
    expect(wrap).to_have_attribute("aria-pressed", "true")
    assert not code.evaluate("element => element.scrollWidth > element.clientWidth")
    with visitor.page.expect_download() as download:
        figure.get_by_role("button", name="Download code").click()
    assert download.value.suggested_filename == "code.ts"
    assert Path(download.value.path()).read_text() == copied


def test_tables_scroll_in_their_box_and_leave_as_csv(visitor: Visitor) -> None:
    visitor.page.set_viewport_size({"width": 390, "height": 844})
    visitor.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    figure = nasty(visitor).locator("figure.table-block")
    box = figure.get_by_role("group", name="Table")
    assert box.evaluate("element => element.scrollWidth > element.clientWidth")
    assert visitor.page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    figure.get_by_role("button", name="Copy as CSV").click()
    rows = list(csv.reader(io.StringIO(visitor.page.evaluate("navigator.clipboard.readText()"), newline="")))
    assert [len(row) for row in rows] == [6, 6, 6]
    assert rows[1] == ['one, "quoted"', "text with code and bold", "1,234.50", r"\alpha", "a | b", "the end"]


def test_diagrams_are_drawn_in_a_sandbox_and_nothing_is_loaded_from_elsewhere(visitor: Visitor) -> None:
    requested: list[str] = []
    visitor.page.on("request", lambda request: requested.append(request.url))
    answer = nasty(visitor)
    good, bad = answer.locator("figure.diagram").first, answer.locator("figure.diagram").last
    good.scroll_into_view_if_needed()
    picture = good.get_by_role("img", name=re.compile("Diagram: .*Question"))
    expect(picture).to_be_visible(timeout=30_000)
    assert picture.evaluate("image => image.naturalWidth") > 100
    expect(bad).to_contain_text("could not be drawn", timeout=30_000)
    expect(bad.locator("code").get_by_text("this is -- no diagram")).to_be_visible()
    good.get_by_role("button", name="Source", exact=True).click()
    expect(good.get_by_text("A[Question] --> B{Known?}")).to_be_visible()
    expect(picture).to_be_hidden()
    frame = visitor.page.locator("iframe")
    expect(frame).to_have_count(1)
    expect(frame).to_have_attribute("sandbox", "allow-scripts")
    assert not [url for url in requested if not url.startswith((visitor.url, "data:", "blob:"))]
    assert visitor.complaints == []


def test_mermaid_is_not_loaded_without_a_diagram(visitor: Visitor) -> None:
    requested: list[str] = []
    visitor.page.on("request", lambda request: requested.append(request.url))
    visitor.come_in()
    visitor.send("Hello")
    visitor.wait_for_the_end()
    assert not [
        url for url in requested if "mermaid" in url or "/diagram/" in url or "katex" in url or "highlight." in url
    ]


def test_a_copied_selection_is_markdown(visitor: Visitor) -> None:
    visitor.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    answer = nasty(visitor)
    expect(answer.locator("math").first).to_be_attached()
    answer.locator(".prose").last.evaluate("element => getSelection().selectAllChildren(element)")
    visitor.page.keyboard.press("Control+c")
    copied = visitor.page.evaluate("navigator.clipboard.readText()")
    assert copied.startswith(
        "# A simulated answer that is hard to show\n\nA [link defined at the end](https://example.org/docs)"
    )
    for part in (
        "**bold *and italic* text**",
        "```bash\n",
        "   - nested, with $x_i^2$ inside\n     - deeper, with `code`",
        "- [x] done",
        "| :--- | --- | ---: | :---: | --- | --- |",
        "```mermaid\nflowchart LR",
        "> זהו",
    ):
        assert part in copied, part


def test_the_place_is_kept(visitor: Visitor) -> None:
    page = visitor.page
    answer = nasty(visitor)
    jump = page.get_by_role("button", name="Jump to latest")
    expect(jump).to_be_hidden()
    line = answer.get_by_text("Then use it:")
    page.get_by_role("log").hover()
    page.mouse.wheel(0, -10_000)
    line.evaluate("element => element.scrollIntoView({block: 'center'})")
    expect(jump).to_be_visible()
    page.wait_for_function("() => sessionStorage.getItem('places')")
    before = line.bounding_box()
    page.reload()
    expect(line).to_be_in_viewport()
    page.wait_for_timeout(500)
    after = line.bounding_box()
    assert before is not None
    assert after is not None
    assert abs(before["y"] - after["y"]) < 4
    jump.focus()
    page.keyboard.press("Enter")
    expect(jump).to_be_hidden()
    expect(page.get_by_role("log")).to_be_focused()
    expect(answer.get_by_role("button", name="Copy answer")).to_be_in_viewport()


@pytest.mark.usefixtures("demo_pace")
def test_screen_readers_hear_whole_sentences(visitor: Visitor) -> None:
    visitor.come_in()
    visitor.page.evaluate(
        """() => {
          window.heard = [];
          new MutationObserver((changes) => {
            for (const { addedNodes } of changes) for (const node of addedNodes) heard.push(node.textContent);
          }).observe(document.getElementById("reading-aloud"), { childList: true });
        }"""
    )
    visitor.send("Show me what you can do: formatting, code, a table and a formula")
    visitor.wait_for_the_end()
    visitor.page.wait_for_function("() => window.heard.join(' ').includes('write 300 words')")
    heard: list[str] = visitor.page.evaluate("window.heard")
    assert 1 < len(heard) < 30
    for sentence in (
        "This is turn 1 of the conversation.",
        "Text arrives in small pieces and is formatted as it comes.",
        "You can stop it, reload the page, or open the conversation in a second window.",
        "To see how failures look, send /simulate help.",
    ):
        assert sum(sentence in piece for piece in heard) == 1, heard
    assert "Code in python." in " ".join(heard)
    assert not re.search(r"\*\*|```|^#", " ".join(heard))


def test_figures_of_an_answer(demo_visitor: Visitor) -> None:
    page = demo_visitor.page
    demo_visitor.come_in()
    demo_visitor.choose_thinking("Think")
    demo_visitor.send("Why is the sky blue?")
    demo_visitor.wait_for_the_end()
    button = page.get_by_role("button", name="Figures of this answer")
    button.focus()
    page.keyboard.press("Enter")
    expect(button).to_have_attribute("aria-expanded", "true")
    figures = page.locator(".figures")
    for words in (
        "DeepSeek Flash, thinking",
        "of it thinking",
        "tokens, all of them new",
        "of them thinking",
        "simulated",
        "said all",
    ):
        expect(figures).to_contain_text(words)


def test_searching_the_page_finds_what_is_off_the_screen(visitor: Visitor) -> None:
    page = visitor.page
    nasty(visitor)
    # What screen readers were told is gone by then.
    expect(page.locator("#reading-aloud > *")).to_have_count(0, timeout=20_000)
    assert page.evaluate("window.find('Prices from', false, false, true)")
    # A search by script selects what it found and leaves the way there to the page.
    page.evaluate("getSelection().anchorNode.parentElement.scrollIntoView({block: 'center'})")
    expect(page.get_by_text("Prices from $5")).to_be_in_viewport()
    assert json.loads(page.evaluate("JSON.stringify(getSelection().toString())")) == "Prices from"
