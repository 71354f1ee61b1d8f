"""A long conversation: its end at once, what is above by scrolling up, and nothing of what people do is lost."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.visitor import Visitor
from tests.long_chat import encoded, long_chat

pytestmark = pytest.mark.browser

_MESSAGES = 240
_TEXTS = "() => [...document.querySelectorAll('#log > article [data-part=text]')].map((e) => e.textContent.trim())"
_NUMBERS = r"""() => [...document.querySelectorAll('#log > article [data-part=text]')]
  .map((element) => element.textContent.match(/(Question|Answer) (\d+)/))
  .map(([, kind, number]) => `${kind[0]}${number}`)"""


def own(page: Page) -> Locator:
    return page.get_by_role("article", name="You said")


def bring(visitor: Visitor, **shape: Any) -> None:
    """Sign in, import a long conversation and open it."""
    page = visitor.page
    visitor.come_in()
    token = page.locator("[name=csrfmiddlewaretoken]").first.input_value()
    report = page.request.post(
        f"{visitor.url}/conversations/import/",
        data=encoded(long_chat(_MESSAGES, **shape)),
        headers={"X-CSRFToken": token, "Content-Type": "application/octet-stream", "Referer": visitor.url},
    )
    assert report.json()["imported"] == 1, report.text()
    page.reload()
    page.get_by_role("navigation", name="Conversations").get_by_role("link", name="Lighthouses").click()
    expect(page.get_by_text(f"Answer {_MESSAGES // 2}.")).to_be_in_viewport()


def expected(first: int = 1, last: int = _MESSAGES // 2) -> list[str]:
    return [f"{kind}{number}" for number in range(first, last + 1) for kind in "QA"]


def place(line: Locator) -> float:
    box = line.bounding_box()
    assert box is not None
    return box["y"]


def test_what_is_above_comes_by_scrolling_up_and_what_is_read_stays_in_its_place(visitor: Visitor) -> None:
    page = visitor.page
    bring(visitor)
    assert page.locator("#log > article").count() < _MESSAGES / 2
    page.get_by_role("log").hover()
    for _ in range(400):
        numbers = page.evaluate(_NUMBERS)
        if numbers[0] == "Q1":
            break
        page.mouse.wheel(0, -1200)
        page.wait_for_timeout(30)
    assert page.evaluate(_NUMBERS) == expected()
    expect(page.get_by_role("button", name="Show earlier messages")).to_be_hidden()
    assert visitor.complaints == []


@pytest.mark.parametrize("top", [0, 40, 900])
def test_the_line_that_is_read_does_not_jump(visitor: Visitor, top: int) -> None:
    """Also at the very top, where browsers do not keep the place by themselves."""
    page = visitor.page
    bring(visitor)
    page.route("**/branch/**", lambda route: route.abort())
    scroller = page.locator("#scroller")
    failure = page.get_by_text("Earlier messages could not be loaded")
    # More is read only when all that is here has come to the page, above what is read.
    for _ in range(80):
        scroller.evaluate("element => element.scrollTo(0, 0)")
        page.wait_for_timeout(250)
        if failure.is_visible():
            break
    expect(failure).to_be_visible()
    scroller.evaluate("(element, top) => element.scrollTo(0, top)", top)
    page.wait_for_timeout(300)
    line = page.locator(f"[data-message='{page.evaluate(_FIRST_SEEN)}']")
    before, count = place(line), page.locator("#log > article").count()
    page.unroute("**/branch/**")
    page.get_by_role("button", name="Show earlier messages").evaluate("button => button.click()")
    page.wait_for_function("(count) => document.querySelectorAll('#log > article').length > count + 30", arg=count)
    page.wait_for_timeout(500)
    assert abs(place(line) - before) < 3


_FIRST_SEEN = """() => [...document.querySelectorAll('#log > article')].find(
  (article) => article.getBoundingClientRect().bottom > document.getElementById('scroller').getBoundingClientRect().top
    && article.getBoundingClientRect().top >= 0).dataset.message"""


def test_a_reload_leads_back_to_a_place_far_up(visitor: Visitor) -> None:
    page = visitor.page
    bring(visitor)
    page.keyboard.press("Control+f")
    line = page.get_by_text("Question 31:")
    page.wait_for_function("(count) => document.querySelectorAll('#log > article').length === count", arg=_MESSAGES)
    line.evaluate("element => element.scrollIntoView({block: 'center'})")
    page.wait_for_timeout(600)
    before = place(line)
    page.reload()
    expect(line).to_be_in_viewport(timeout=20_000)
    page.wait_for_timeout(600)
    assert abs(place(line) - before) < 4
    page.get_by_role("button", name="Jump to latest").click()
    expect(page.get_by_text(f"Answer {_MESSAGES // 2}.")).to_be_in_viewport()
    page.reload()
    expect(page.get_by_text(f"Answer {_MESSAGES // 2}.")).to_be_in_viewport()
    assert page.locator("#log > article").count() < _MESSAGES / 2


def test_the_search_of_the_browser_and_select_all_get_the_whole_chat(visitor: Visitor) -> None:
    page = visitor.page
    bring(visitor)
    page.get_by_role("log").focus()
    page.keyboard.press("Control+a")
    page.wait_for_function("(count) => document.querySelectorAll('#log > article').length === count", arg=_MESSAGES)
    page.wait_for_function("() => getSelection().toString().includes('Question 1:')")
    assert page.evaluate(_NUMBERS) == expected()
    selected = page.evaluate("getSelection().toString()")
    assert "Question 1:" in selected
    assert f"Answer {_MESSAGES // 2}." in selected


def test_branches_that_were_not_read_are_shown_here_and_in_other_tabs(visitor: Visitor) -> None:
    page = visitor.page
    bring(visitor, other_end=100)
    other = page.context.new_page()
    other.goto(page.url)
    expect(other.get_by_text(f"Answer {_MESSAGES // 2}.")).to_be_in_viewport()
    page.bring_to_front()
    page.keyboard.press("Control+f")
    page.wait_for_function("(count) => document.querySelectorAll('#log > article').length === count", arg=_MESSAGES)
    first = own(page).first
    expect(first).to_contain_text("1 / 2")
    first.get_by_role("button", name="Next version").focus()
    page.keyboard.press("ArrowRight")
    expect(first).to_contain_text("Other Question 1")
    expect(first.get_by_role("button", name="Next version")).to_be_focused()
    expect(first).to_be_in_viewport()
    assert len(page.evaluate(_TEXTS)) == 100

    expect(other.get_by_text("Other Answer 50.")).to_be_in_viewport()
    page.keyboard.press("ArrowLeft")
    expect(first).to_contain_text("1 / 2")
    expect(other.get_by_text(f"Answer {_MESSAGES // 2}.")).to_be_attached()
    page.reload()
    expect(page.get_by_text(f"Answer {_MESSAGES // 2}.")).to_be_attached()
    assert visitor.complaints == []


def test_arrow_up_goes_back_beyond_what_is_here(visitor: Visitor) -> None:
    page = visitor.page
    bring(visitor)
    field = page.get_by_role("textbox", name="Message")
    field.focus()
    for number in range(_MESSAGES // 2, 60, -1):
        page.keyboard.press("ArrowUp")
        expect(field).to_have_value(f"Question {number}: how far is light {number} seen?")


@pytest.mark.usefixtures("demo_pace")
def test_an_edit_and_an_answer_go_on_after_a_reload(visitor: Visitor) -> None:
    page = visitor.page
    bring(visitor)
    visitor.send("count to 150")
    answer = page.get_by_role("article", name="Assistant said").last
    expect(answer).to_contain_text("20, 21")
    page.reload()
    expect(answer).to_contain_text("148, 149, 150", timeout=30_000)
    visitor.wait_for_the_end()
    numbers = ", ".join(str(number) for number in range(1, 151))
    assert numbers in " ".join(answer.inner_text().split())
    question = own(page).last
    question.hover()
    question.get_by_role("button", name="Edit message").click()
    editor = page.get_by_role("textbox", name="Edit your message")
    editor.fill("count to 3")
    editor.press("Enter")
    expect(own(page).last).to_contain_text("2 / 2")
    visitor.wait_for_the_end()
    own(page).last.get_by_role("button", name="Previous version").click()
    expect(answer).to_contain_text("148, 149, 150")
    assert visitor.complaints == []


def test_the_end_is_shown_when_the_place_of_the_reader_cannot_be_read(visitor: Visitor) -> None:
    page = visitor.page
    bring(visitor)
    conversation = page.url.rstrip("/").rsplit("/", 1)[1]
    nowhere = {conversation: {"message": "01980000-0000-7000-8000-000000000000", "offset": 0}}
    page.evaluate("(places) => { sessionStorage.setItem('places', JSON.stringify(places)); }", nowhere)
    page.route("**/branch/**", lambda route: route.abort())
    # Leaving keeps the place anew; so it is put there when the page comes.
    page.add_init_script(f"sessionStorage.setItem('places', JSON.stringify({nowhere}))".replace("'", '"'))
    page.reload()
    expect(page.get_by_text(f"Answer {_MESSAGES // 2}.")).to_be_in_viewport()
    expect(page.get_by_role("log")).to_be_visible()
