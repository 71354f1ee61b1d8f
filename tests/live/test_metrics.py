"""The metrics of real servers, read while they work."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from conversations.simulator import SimulatorThread
from tests.live.member import Member
from tests.live.server import LiveServer, installation
from tests.site.scraped import Scraped

TOKEN = "0123456789abcdef-token"
QUESTION = "Zanzibarquokka plethoramarble: tell me about sourdough."


@pytest.fixture
def watched_server(tmp_path: Path) -> Iterator[LiveServer]:
    with (
        SimulatorThread(speed=40) as simulator,
        installation(
            DEEPSEEK_API_KEY="sk-tests", DEEPSEEK_BASE_URL=simulator.base_url, METRICS_TOKEN=TOKEN
        ) as environment,
        LiveServer(tmp_path / "var", environment) as server,
    ):
        yield server


def scrape(server: LiveServer) -> Scraped:
    # Monitoring reaches a process by an address of its own.
    headers = {"Authorization": f"Bearer {TOKEN}", "Host": "web1:8000"}
    response = httpx.get(f"{server.url}/metrics", headers=headers)
    assert response.status_code == 200, response.text
    return Scraped(response.text)


def scrape_until(server: LiveServer, holds: Callable[[Scraped], bool]) -> Scraped:
    deadline = time.monotonic() + 20
    while not holds(scraped := scrape(server)):
        assert time.monotonic() < deadline, scraped.samples
        time.sleep(0.05)
    return scraped


def test_an_answer_shows_while_it_is_written_and_when_it_has_ended(watched_server: LiveServer) -> None:
    server = watched_server
    with Member(server).become_first_administrator() as dana:
        dana.connect()
        ack = dana.ask(QUESTION, thinking="high")
        dana.frame("generation.delta", message=ack["answer"])
        dana.frame("generation.delta", message=ack["answer"])
        during = scrape(server)
        assert during.value("chatsite_sockets") == 1
        assert during.value("chatsite_generations", state="running") == 1
        assert during.value("chatsite_generations", state="stalled") == 0
        assert during.value("chatsite_upstream_calls", upstream="deepseek", state="running") >= 1
        assert during.value("chatsite_first_token_seconds_count") == 1
        assert during.value("chatsite_added_latency_seconds_count") >= 2
        assert during.value("chatsite_frames_sent_total") > 2
        assert httpx.get(f"{server.url}/readyz").json()["generations"] == {"running": 1, "queued": 0, "stalled": 0}
        dana.frame("generation.finished", message=ack["answer"])
        after = scrape_until(server, lambda now: now.value("chatsite_generations", state="running") == 0)
    assert after.value("chatsite_generations_ended_total", status="complete", reason="stop") == 1
    assert after.value("chatsite_tokens_per_second_count") == 1
    assert after.value("chatsite_tokens_per_second_sum") > 0
    assert after.value("chatsite_checkpoint_seconds_count") >= 1
    assert after.value("chatsite_loop_lag_seconds_count") > 10
    assert after.value("chatsite_upstream_breaker", upstream="deepseek", state="closed") == 1
    assert after.value("process_resident_memory_bytes") > 0
    scrape_until(server, lambda now: now.value("chatsite_sockets") == 0)
    private = {ack["conversation"], ack["answer"], dana.email, "sk-tests", TOKEN, *QUESTION.split()}
    assert not [word for word in private if any(word in value for value in after.labels())]


def test_an_answer_that_was_taken_over_is_counted_where_it_ends(watched_server: LiveServer) -> None:
    server = watched_server
    with Member(server).become_first_administrator() as dana:
        dana.connect()
        ack = dana.ask(QUESTION, thinking="high")
        dana.frame("generation.delta", message=ack["answer"])
        # Longer than a checkpoint's interval: the answer's text is in the database.
        time.sleep(1.5)
        server.kill()
        server.start()
        after = scrape_until(server, lambda now: now.value("chatsite_takeovers_total") == 1)
        assert after.value("chatsite_frames_sent_total") == 0
        dana.hang_up()
        dana.connect()
        dana.open(ack["conversation"])
        dana.frame("generation.finished", message=ack["answer"], patience=60)
        after = scrape(server)
    assert after.value("chatsite_generations_ended_total", status="complete", reason="stop") == 1
    assert after.value("chatsite_snapshots_total") >= 1
