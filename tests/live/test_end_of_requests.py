"""The end of a server while its pages are being asked for."""

from __future__ import annotations

import threading
from collections import Counter
from pathlib import Path

import httpx

from tests.live.server import LiveServer, installation


def ask_on(url: str, answers: Counter[int], ready: threading.Event) -> None:
    """Ask for a page over one connection until there is none any more."""
    with httpx.Client(timeout=30) as client:
        while True:
            try:
                answers[client.get(url).status_code] += 1
            except httpx.TransportError:
                return
            if sum(answers.values()) > 50:
                ready.set()


def test_a_server_ends_in_the_middle_of_requests(tmp_path: Path) -> None:
    answers: Counter[int] = Counter()
    ready = threading.Event()
    with installation(DEEPSEEK_API_KEY="sk-tests", DEEPSEEK_BASE_URL="http://127.0.0.1:1") as environment:
        server = LiveServer(tmp_path / "var", environment)
        server.start()
        url = f"{server.url}/accounts/login/"
        people = [threading.Thread(target=ask_on, args=(url, answers, ready)) for _ in range(6)]
        for each in people:
            each.start()
        assert ready.wait(60)
        status = server.stop()
        for each in people:
            each.join()
    # Whoever asked was answered, and the end was orderly: no thread was left waiting for the event loop.
    assert set(answers) <= {200, 302, 503}
    assert status == 0
    assert "took too long" not in server.log.read_text()
