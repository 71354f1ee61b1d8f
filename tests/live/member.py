"""A person at a live server: signs in over HTTP, chats over the websocket."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from contextlib import ExitStack, suppress
from typing import Any, Self
from uuid import uuid4

import httpx
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin

from tests.live.server import LiveServer
from tests.shown import Shown

PASSWORD = "correct-horse-battery"


class Member:
    """One signed-in person with one tab. `shown` is what the tab shows for each answer."""

    def __init__(self, server: LiveServer, email: str = "dana@example.org") -> None:
        self.server = server
        self.email = email
        self.http = httpx.Client(base_url=server.url, follow_redirects=True, timeout=20)
        self.shown: dict[str, Shown] = {}
        self._sockets = ExitStack()
        self._socket: ClientConnection | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.hang_up()
        self.http.close()

    @property
    def texts(self) -> dict[str, str]:
        return {message: shown.text for message, shown in self.shown.items()}

    @property
    def seen(self) -> dict[str, tuple[int, int]]:
        """Attempt and seq of each answer."""
        return {message: shown.position for message, shown in self.shown.items()}

    def become_first_administrator(self) -> Self:
        """Fill in the page that an empty installation shows."""
        page = self.http.get("/")
        answer = self._post(page, email=self.email, password=PASSWORD)
        assert answer.status_code == 200, answer.status_code
        assert answer.url.path == "/", answer.url
        return self

    def sign_in(self) -> Self:
        page = self.http.get("/accounts/login/")
        answer = self._post(page, login=self.email, password=PASSWORD)
        assert answer.url.path == "/", answer.url
        return self

    def connect(self, server: LiveServer | None = None) -> None:
        """Open the tab's socket, also at another server of the same installation."""
        server = server or self.server
        cookies = "; ".join(f"{cookie.name}={cookie.value}" for cookie in self.http.cookies.jar)
        self._socket = self._sockets.enter_context(
            connect(
                f"ws://127.0.0.1:{server.port}/ws/",
                additional_headers={"Cookie": cookies},
                origin=Origin(server.url),
                max_size=None,
            )
        )
        self.frame("hello")

    def hang_up(self) -> None:
        with suppress(ConnectionClosed):
            self._sockets.close()
        self._socket = None

    def say(self, type_: str, **fields: Any) -> None:
        assert self._socket is not None
        self._socket.send(json.dumps({"type": type_, **fields}))

    def ask(self, text: str, **more: Any) -> dict[str, Any]:
        """Send a message and wait for its acknowledgement."""
        command = str(uuid4())
        fields = {"conversation": None, "parent": None, "text": text, "model": "deepseek-flash", "thinking": "off"}
        self.say("message.send", **({"id": command} | fields | more))
        return self.frame("ack", id=command)

    def attach(self, name: str, text: str, **headers: str) -> dict[str, Any]:
        """Upload a file; its row."""
        answer = self.upload(name, text.encode(), **headers)
        assert answer.status_code == 201, answer.text
        row: dict[str, Any] = answer.json()
        return row

    def upload(self, name: str, content: bytes, **headers: str) -> httpx.Response:
        return self.change("POST", "/attachments/", files={"file": (name, content)}, headers=headers)

    def change(
        self, method: str, path: str, *, headers: Mapping[str, str] | None = None, **more: Any
    ) -> httpx.Response:
        """A request as the page's scripts make it; `more` is httpx's (`json`, `content`, `files`)."""
        own = {"X-CSRFToken": self.http.cookies["csrftoken"], "Origin": self.server.url}
        return self.http.request(method, path, headers=own | dict(headers or {}), **more)

    def open(self, conversation: str, newest: str | None = None) -> None:
        seen = {message: list(position) for message, position in self.seen.items()}
        self.say("conversation.open", conversation=conversation, newest=newest, seen=seen)

    def frame(self, type_: str, *, patience: float = 20, **fields: Any) -> dict[str, Any]:
        """The next frame of that type with those fields; what comes before it is folded into what is shown."""
        assert self._socket is not None
        while True:
            frame: dict[str, Any] = json.loads(self._socket.recv(timeout=patience))
            self._fold(frame)
            if frame["type"] == type_ and all(frame.get(name) == value for name, value in fields.items()):
                return frame

    def stored(self, conversation: str, message: str) -> dict[str, Any]:
        """A message as a reload shows it."""
        rows = self.http.get(f"/c/{conversation}/messages/").json()["messages"]
        return next(row for row in rows if row["id"] == message)

    def _fold(self, frame: dict[str, Any]) -> None:
        if frame["type"] in ("generation.snapshot", "generation.delta", "generation.finished"):
            shown = self.shown.setdefault(frame["message"], Shown())
            shown.fold(frame)
            assert not shown.gap, "a gap"

    def _post(self, page: httpx.Response, **fields: str) -> httpx.Response:
        found = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.text)
        assert found, page.text[:500]
        headers = {"Origin": self.server.url, "Referer": str(page.url)}
        return self.http.post(page.url, data={"csrfmiddlewaretoken": found[1], **fields}, headers=headers)
