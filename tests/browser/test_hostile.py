"""Hostile texts in real Chromium, wherever texts of others come in: no script runs, and no request leaves."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from conversations.simulator import SimulatorThread
from tests.browser.hostile.corpus import CORPUS, NAMES
from tests.browser.hostile.watch import Watch
from tests.browser.visitor import Visitor
from tests.live.member import Member
from tests.live.server import LiveServer, installation

pytestmark = pytest.mark.browser

READING = (Path(__file__).parent / "hostile" / "reading.js").read_text()
MOST_FILES = 10
MOST_PRESETS = 200
LONGEST_NAME = 80
LONGEST_FILE_NAME = 120
DROP = """(element, names) => {
    const data = new DataTransfer();
    for (const name of names) data.items.add(new File(["\\x00\\x01\\x02".repeat(99)], name));
    element.dispatchEvent(new DragEvent("drop", {bubbles: true, cancelable: true, dataTransfer: data}));
}"""


@pytest.fixture
def visitor(page: Page, tmp_path: Path) -> Iterator[Visitor]:
    """At a server whose upstream says at once what it is told to say."""
    with (
        SimulatorThread(speed=0, first_token=0) as simulator,
        installation(DEEPSEEK_API_KEY="sk-test", DEEPSEEK_BASE_URL=simulator.base_url) as environment,
        LiveServer(tmp_path / "var", environment) as server,
    ):
        yield Visitor(page, server)


@pytest.fixture
def watch(visitor: Visitor) -> Watch:
    watch = Watch(visitor.page.context, visitor.url)
    visitor.become_first_administrator()
    return watch


@pytest.fixture
def member(visitor: Visitor, watch: Watch) -> Iterator[Member]:
    """The same person without a browser."""
    with Member(visitor.server).sign_in() as dana:
        dana.connect()
        yield dana


def open_conversation(visitor: Visitor, conversation: str) -> None:
    visitor.page.goto(f"{visitor.url}/c/{conversation}/")


def read_all(page: Page, expected: int) -> None:
    assert page.evaluate(READING, expected) == {"answers": expected, "unformatted": 0, "diagrams": 0}


def test_the_corpus_is_large() -> None:
    assert len(set(CORPUS)) >= 300


def test_the_watch_sees(visitor: Visitor, watch: Watch) -> None:
    page = visitor.page
    page.evaluate("hacked('called')")
    page.evaluate("document.body.insertAdjacentHTML('beforeend', '<img src=https://evil.example/a onerror=hacked()>')")
    page.evaluate("open('https://evil.example/window')")
    page.wait_for_timeout(500)
    assert "hacked: called" in watch.seen
    assert any(line.startswith("blocked: /: img-src") for line in watch.seen)
    assert any(line.startswith("blocked: /: script-src-attr") for line in watch.seen)
    assert "a request: https://evil.example/window" in watch.seen


def test_as_answers(visitor: Visitor, watch: Watch, member: Member) -> None:
    """Each streams into the open page; then all are read again after a reload."""
    leaf, conversation = None, None
    for payload in CORPUS:
        ack = member.ask(f"Repeat after me:\n{payload}", conversation=conversation, parent=leaf)
        if conversation is None:
            open_conversation(visitor, ack["conversation"])
        conversation, leaf = ack["conversation"], ack["answer"]
        member.frame("generation.finished", message=leaf)
    assert conversation is not None
    expect(visitor.page.locator(f'[data-message="{leaf}"]')).to_have_attribute("aria-busy", "false")
    read_all(visitor.page, len(CORPUS))
    visitor.page.reload()
    read_all(visitor.page, len(CORPUS))
    assert watch.seen == []


def chain(number: int) -> list[dict[str, Any]]:
    """Messages of our export: each payload as a question, as reasoning and as an answer."""
    rows: list[dict[str, Any]] = []
    for payload in CORPUS[:number]:
        for role in ("user", "assistant"):
            parent = rows[-1]["id"] if rows else None
            rows.append({"id": f"m{len(rows)}", "parent": parent, "role": role, "text": payload})
        rows[-1]["reasoning"] = payload
    return rows


def test_as_titles_and_in_an_import(visitor: Visitor, watch: Watch, member: Member) -> None:
    page = visitor.page
    whole = {"id": "whole", "title": "All of it", "instructions": CORPUS[0], "messages": chain(len(CORPUS))}
    titled = [
        {"id": f"c{number}", "title": payload, "messages": [{"id": "m", "role": "user", "text": payload}]}
        for number, payload in enumerate(CORPUS)
    ]
    document = {"format": "chatsite", "version": 1, "conversations": [*titled, whole]}
    report = member.change("POST", "/conversations/import/", content=json.dumps(document).encode()).json()
    assert report["imported"] == len(CORPUS) + 1, report
    page.reload()
    rows = page.locator("#conversations a[href^='/c/']")
    while (button := page.get_by_role("button", name="Show more")).count():
        before = rows.count()
        button.first.scroll_into_view_if_needed()
        page.wait_for_function("(n) => document.querySelectorAll('#conversations a').length > n", arg=before)
    assert rows.count() == len(CORPUS) + 1
    conversation = str(rows.filter(has_text="All of it").first.get_attribute("href")).split("/")[2]
    open_conversation(visitor, conversation)
    read_all(page, len(CORPUS))
    for payload in CORPUS:
        member.say("conversation.rename", id=f"{len(payload):032x}", conversation=conversation, title=payload[:200])
    for scope in ("conversations/export/?format=html", "conversations/export/?format=markdown"):
        page.goto(visitor.url)
        with page.expect_download():
            page.evaluate("(path) => { location.href = path; }", f"/{scope}")
    assert watch.seen == []


def name_of(payload: str) -> str:
    """As much of it as a file system allows, and not its end alone, as of what looks like a path."""
    return (
        payload
        if payload in NAMES
        else payload[:LONGEST_FILE_NAME].replace("/", "\u2044").replace("\\", "\u2216") + ".txt"
    )


def test_as_file_names(visitor: Visitor, watch: Watch, member: Member) -> None:
    page = visitor.page
    field = page.get_by_role("textbox", name="Message")
    expect(page.get_by_role("button", name="Attach files")).to_be_enabled()
    field.evaluate(DROP, CORPUS[::45])
    waiting = page.locator("#waiting-files").get_by_role("listitem")
    expect(waiting.filter(has_text="was not attached")).to_have_count(len(CORPUS[::45]), timeout=120_000)
    leaf, conversation = None, None
    for first in range(0, len(CORPUS), MOST_FILES):
        ids = [member.attach(name_of(each), "Some text")["id"] for each in CORPUS[first : first + MOST_FILES]]
        ack = member.ask("count to 1", conversation=conversation, parent=leaf, attachments=ids)
        conversation, leaf = ack["conversation"], ack["answer"]
        member.frame("generation.finished", message=leaf)
    assert conversation is not None
    open_conversation(visitor, conversation)
    read_all(page, -(-len(CORPUS) // MOST_FILES))
    cards = page.locator("#log [data-action=preview-file]")
    assert cards.count() == len(CORPUS)
    for card in cards.all()[::25]:
        card.click()
        expect(page.get_by_role("dialog").get_by_text("Some text")).to_be_visible()
        page.keyboard.press("Escape")
    assert watch.seen == []


def test_as_presets(visitor: Visitor, watch: Watch, member: Member) -> None:
    page = visitor.page
    for shared, payloads in ((False, CORPUS[:MOST_PRESETS]), (True, CORPUS[MOST_PRESETS : 2 * MOST_PRESETS])):
        for payload in payloads:
            body = {"name": payload[:LONGEST_NAME], "instructions": payload, "shared": shared}
            assert member.change("POST", "/presets/", json=body).status_code == 201, payload
    try_all(page)
    rows = member.http.get("/presets/").json()["presets"]
    for row, payload in zip(rows, CORPUS[2 * MOST_PRESETS :], strict=False):
        body = {"name": payload[:LONGEST_NAME], "instructions": payload}
        assert member.change("PUT", f"/presets/{row['id']}/", json=body).status_code == 200, payload
    try_all(page)
    page.goto(f"{visitor.url}/admin/conversations/preset/")
    page.get_by_role("link", name="Preset").first.wait_for(state="attached")
    assert watch.seen == []


def try_all(page: Page) -> None:
    """Choose one preset after the other and use the last one."""
    page.reload()
    page.get_by_role("button", name="Chat settings").click()
    picker = page.get_by_role("dialog").get_by_label("Preset", exact=True)
    expect(picker.locator("option")).to_have_count(2 * MOST_PRESETS + 1)
    picker.evaluate(
        """(select) => {
          for (const { value } of [...select.options]) {
            select.value = value;
            select.dispatchEvent(new Event("change", { bubbles: true }));
          }
        }"""
    )
    page.keyboard.press("Escape")
