"""A person in front of a browser."""

from __future__ import annotations

from playwright.sync_api import ConsoleMessage, Page, expect

from tests.live.member import PASSWORD
from tests.live.people import Person
from tests.live.server import LiveServer

DEMONSTRATION = "Show me what you can do: formatting, code, a table and a formula"
"""What the simulator answers with everything that can be formatted."""
_END_WITHIN = 60_000
"""Milliseconds: the demonstration has some hundred tokens at the demo's pace."""


class Visitor:
    """What people do on the pages, in their words. `complaints` is what the browser's console said.

    A `person` of the installation can come in; without one the first administrator is still to be made.
    """

    def __init__(self, page: Page, server: LiveServer, person: Person | None = None) -> None:
        self.page = page
        self._person = person
        self.server = server
        self.url = server.url
        self.complaints: list[str] = []
        page.on("console", self._note)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))

    @property
    def email(self) -> str:
        assert self._person is not None
        return self._person.email

    def come_in(self) -> None:
        """Open the site as somebody who is signed in."""
        assert self._person is not None
        name, value = self._person.cookie.split("=", 1)
        self.page.context.add_cookies([{"name": name, "value": value, "url": self.url}])
        self.page.goto(self.url)
        expect(self.page.get_by_role("textbox", name="Message")).to_be_visible()

    def become_first_administrator(self, email: str = "dana@example.org") -> None:
        self.page.goto(self.url)
        self.page.get_by_label("Email").fill(email)
        self.page.get_by_label("Password", exact=True).fill(PASSWORD)
        self.page.get_by_role("button", name="Create administrator").click()
        expect(self.page.get_by_role("textbox", name="Message")).to_be_visible()

    def send(self, text: str) -> None:
        self.page.get_by_role("textbox", name="Message").fill(text)
        self.page.get_by_role("button", name="Send message").click()
        expect(self.page.get_by_role("textbox", name="Message")).to_have_value("")

    def wait_for_the_end(self) -> None:
        """Until no answer is being written any more."""
        expect(self.page.get_by_role("button", name="Send message")).to_be_visible(timeout=_END_WITHIN)
        expect(self.page.get_by_role("button", name="Stop generating")).to_be_hidden(timeout=_END_WITHIN)

    def choose_thinking(self, level: str) -> None:
        self.page.get_by_role("combobox", name="Thinking").select_option(label=level)

    def open_menu_of_first_conversation(self, entry: str) -> None:
        conversations = self.page.get_by_role("navigation", name="Conversations")
        conversations.get_by_role("listitem").first.get_by_role("button").click()
        self.page.get_by_role("menuitem", name=entry).click()

    def _note(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(message.text)
