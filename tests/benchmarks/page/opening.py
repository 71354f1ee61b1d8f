"""A conversation of 2,000 messages: how soon its end is on the screen, and how often the database is asked for it."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
from uuid import UUID

from playwright.sync_api import Page

from tests.benchmarks.page.visit import served
from tests.benchmarks.result import Bar, Result
from tests.browser.visitor import Visitor
from tests.live.people import django_set_up
from tests.live.prepared import ROOT
from tests.live.server import LiveServer
from tests.long_chat import encoded, long_chat

MESSAGES = 2000
_VISITS = 5
_WITHIN = 500.0
_QUERIES = 12

_END_SHOWN = f"""() => {{
  const look = () => {{
    const last = [...document.querySelectorAll("#log > article")].at(-1);
    const isHere = last?.textContent.includes("Answer {MESSAGES // 2}.");
    const box = isHere && last.getBoundingClientRect();
    if (box && box.bottom > 0 && box.bottom <= innerHeight) performance.mark("end-shown");
    else requestAnimationFrame(look);
  }};
  performance.clearMarks("end-shown");
  requestAnimationFrame(look);
}}"""
_FROM_LIST = """(address) => {
  performance.mark("chosen");
  document.querySelector(`#conversations a[href='${address}']`).click();
}"""
_TAKEN = """(since) => {
  const at = (name) => performance.getEntriesByName(name).at(-1).startTime;
  return at("end-shown") - (since ? at(since) : 0);
}"""


def measure() -> Result:
    """Medians of five visits each: the page's own address with a warm cache, and the choice in the list."""
    with served() as (server, visitor):
        address = import_long_chat(visitor)
        page = visitor.page.context.new_page()
        page.add_init_script(f"({_END_SHOWN})()")
        first = _visit(page, server.url + address)
        visits = [_visit(page, server.url + address) for _ in range(_VISITS)]
        chosen = [_choose(page, server.url, address) for _ in range(_VISITS)]
        articles = page.evaluate("document.querySelectorAll('#log > article').length")
        queries = _queries(server, address)
    figures = {
        "long chat: first visit to its end on screen, ms": first,
        "long chat: messages on the page then": articles,
    }
    bars = [
        Bar("long chat: address to its end, ms", statistics.median(visits), _WITHIN),
        Bar("long chat: choice to its end, ms", statistics.median(chosen), _WITHIN),
        Bar("long chat: queries", queries, _QUERIES),
    ]
    return Result(figures, bars)


def import_long_chat(visitor: Visitor) -> str:
    """The address of a conversation of 2,000 messages that belongs to a new administrator."""
    page = visitor.page
    visitor.become_first_administrator()
    headers = {
        "X-CSRFToken": page.locator("[name=csrfmiddlewaretoken]").first.input_value(),
        "Content-Type": "application/octet-stream",
        "Referer": visitor.url,
    }
    file = encoded(long_chat(MESSAGES))
    answer = page.request.post(f"{visitor.url}/conversations/import/", data=file, headers=headers)
    assert answer.ok, answer.status
    rows = page.request.get(f"{visitor.url}/conversations/").json()["conversations"]
    return f"/c/{rows[0]['id']}/"


def _visit(page: Page, url: str) -> float:
    """Milliseconds from the address to the end on the screen."""
    page.goto(url)
    return _taken(page)


def _choose(page: Page, url: str, address: str) -> float:
    """Milliseconds from the click in the list of a page that does not know the conversation."""
    page.goto(url)
    page.wait_for_selector(f"#conversations a[href='{address}']")
    page.wait_for_load_state("networkidle")
    page.evaluate(_FROM_LIST, address)
    return _taken(page, "chosen")


def _taken(page: Page, since: str = "") -> float:
    page.wait_for_function("() => performance.getEntriesByName('end-shown').length > 0")
    return float(page.evaluate(_TAKEN, since))


def _queries(server: LiveServer, address: str) -> int:
    """How many the server's page takes, counted in a process of its own on the same installation."""
    own = {**os.environ, "DATA_DIR": str(server.data_dir), **server.environment}
    command = [sys.executable, "-m", __name__, address.split("/")[2]]
    done = subprocess.run(command, cwd=ROOT, env=own, check=True, stdout=subprocess.PIPE, text=True)
    return int(json.loads(done.stdout.splitlines()[-1]))


def _main(conversation: UUID) -> None:
    django_set_up()
    from django.conf import settings
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    from conversations.models import Conversation

    settings.ALLOWED_HOSTS.append("testserver")
    client = Client()
    client.force_login(Conversation.objects.get(pk=conversation).user)
    address = f"/c/{conversation}/"
    # Once before: keys are kept by a process that has opened something.
    assert client.get(address).status_code == 200
    with CaptureQueriesContext(connection) as queries:
        client.get(address)
    print(json.dumps(len(queries)))


if __name__ == "__main__":
    _main(UUID(sys.argv[1]))
