"""Files on the page: chosen, dropped and pasted, refused, removed, sent, looked at, downloaded."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.attachments import files
from tests.browser.visitor import Visitor

pytestmark = pytest.mark.browser

HOSTILE = "<img src=x onerror=document.title=1>.txt"
HAND_OVER = """(element, [kind, name, text]) => {
    const data = new DataTransfer();
    data.items.add(new File([text], name));
    const options = {bubbles: true, cancelable: true};
    element.dispatchEvent(kind === "drop"
        ? new DragEvent("drop", {...options, dataTransfer: data})
        : new ClipboardEvent("paste", {...options, clipboardData: data}));
}"""


def waiting(page: Page) -> Locator:
    return page.locator("#waiting-files")


def choose(page: Page, *paths: Path) -> None:
    button = page.get_by_role("button", name="Attach files")
    expect(button).to_be_enabled()
    with page.expect_file_chooser() as chosen:
        button.click()
    chosen.value.set_files(list(paths))


def test_images_do_not_go_to_a_model_that_cannot_see(visitor: Visitor, tmp_path: Path) -> None:
    page = visitor.page
    view = tmp_path / "view.png"
    view.write_bytes(files.image(size=(64, 48)))
    visitor.come_in()
    choose(page, view)
    expect(waiting(page).get_by_role("listitem")).to_contain_text("64 \u00d7 48")
    page.get_by_role("textbox", name="Message").fill("What is this?")
    send = page.get_by_role("button", name="Send message")
    expect(send).to_be_enabled()
    page.get_by_role("combobox", name="Model").select_option(label="DeepSeek Pro")
    expect(send).to_be_disabled()
    expect(page.locator("#composer-hint")).to_contain_text("DeepSeek Pro cannot see images")
    page.get_by_role("combobox", name="Model").select_option(label="DeepSeek Flash")
    expect(send).to_be_enabled()


def test_files_from_the_first_to_the_last(visitor: Visitor, tmp_path: Path) -> None:
    page = visitor.page
    report, view, bad = tmp_path / "report.pdf", tmp_path / "view.png", tmp_path / "bad.bin"
    report.write_bytes(files.pdf("Quarterly figures"))
    view.write_bytes(files.image(size=(64, 48)))
    bad.write_bytes(b"\x00\x01" * 99)
    visitor.come_in()

    choose(page, report, view, bad)
    items = waiting(page).get_by_role("listitem")
    expect(items.filter(has_text="report.pdf")).to_contain_text(re.compile(r"1 page .* tokens"))
    expect(items.filter(has_text="view.png")).to_contain_text("64 \u00d7 48")
    expect(items.filter(has_text="bad.bin")).to_contain_text("was not attached. It is neither text nor")
    page.get_by_role("button", name="Remove bad.bin").click()
    expect(items).to_have_count(2)

    field = page.get_by_role("textbox", name="Message")
    field.evaluate(HAND_OVER, ["drop", HOSTILE, "dropped"])
    field.evaluate(HAND_OVER, ["paste", "pasted.csv", "a,b"])
    expect(items.filter(has_text="pasted.csv")).to_contain_text("token")
    expect(items.filter(has_text=HOSTILE)).to_contain_text("token")
    page.get_by_role("button", name="Remove pasted.csv").click()
    expect(items).to_have_count(3)

    # What waits is on the server, and not in this page.
    page.reload()
    expect(items).to_have_count(3)

    visitor.send("Compare them.")
    expect(items).to_have_count(0)
    visitor.wait_for_the_end()
    page.reload()
    own = page.get_by_role("article", name="You said")
    expect(own.get_by_role("listitem")).to_have_count(3)
    expect(items).to_have_count(0)

    own.get_by_role("button", name=re.compile("report.pdf")).click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("[page 1]\nQuarterly figures")
    with page.expect_download() as downloading:
        dialog.get_by_role("link", name="Download the original").click()
    assert downloading.value.suggested_filename == "report.pdf"
    assert downloading.value.path().read_bytes() == report.read_bytes()
    dialog.get_by_role("button", name="Close").click()
    own.get_by_role("button", name=re.compile("view.png")).click()
    expect(dialog.get_by_role("img", name="view.png")).to_be_visible()
    page.keyboard.press("Escape")
    assert page.title() != "1"
    assert [each for each in visitor.complaints if "422" not in each] == []


def test_a_file_can_be_sent_without_a_word(visitor: Visitor, tmp_path: Path) -> None:
    page = visitor.page
    view = tmp_path / "view.png"
    view.write_bytes(files.image(size=(64, 48)))
    visitor.come_in()
    choose(page, view)
    expect(waiting(page)).to_contain_text("64 \u00d7 48")
    page.get_by_role("button", name="Send message").click()
    visitor.wait_for_the_end()
    expect(page.get_by_role("article", name="Assistant said")).to_have_count(1)
    expect(page.get_by_role("article", name="You said").get_by_role("listitem")).to_have_count(1)
    shown = page.evaluate("JSON.stringify([...document.querySelectorAll('.own-text')].map((each) => each.hidden))")
    assert json.loads(shown) == [True]
