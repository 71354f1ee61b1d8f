"""No text is lost: killed servers, restarts, a second server."""

from __future__ import annotations

from pathlib import Path

import pytest

from conversations.simulator import SimulatorThread
from tests.live.member import Member
from tests.live.server import LiveServer, installation

QUESTION = "count to 120"


def test_a_killed_server_continues_the_answer_after_its_restart(tmp_path: Path) -> None:
    with (
        SimulatorThread(speed=40) as simulator,
        installation(DEEPSEEK_API_KEY="sk-tests", DEEPSEEK_BASE_URL=simulator.base_url, LEASE="2") as own,
        LiveServer(tmp_path / "var", own) as server,
        Member(server).become_first_administrator() as dana,
    ):
        dana.connect()
        ack = dana.ask(QUESTION)
        answer = ack["answer"]
        while dana.seen.get(answer, (1, 0))[1] < 60:
            dana.frame("generation.delta")
        shown = dana.texts[answer]
        server.kill()
        dana.hang_up()
        server.start()
        dana.connect()
        dana.open(ack["conversation"], newest=answer)
        finished = dana.frame("generation.finished", message=answer)
        assert finished["status"] == "complete"
        assert finished["attempt"] == 2
        assert dana.texts[answer].startswith(shown[:200])
        assert dana.stored(ack["conversation"], answer)["text"] == dana.texts[answer]
        simulator.speed = 0
        again = dana.ask(QUESTION)
        dana.frame("generation.finished", message=again["answer"])
        assert dana.texts[again["answer"]] == dana.texts[answer]


def test_a_second_server_shows_and_stops_what_the_first_one_runs(tmp_path: Path) -> None:
    with (
        SimulatorThread(speed=40) as simulator,
        installation(DEEPSEEK_API_KEY="sk-tests", DEEPSEEK_BASE_URL=simulator.base_url) as own,
    ):
        if "REDIS_URL" not in own:
            pytest.skip("several processes need DATABASE_URL and REDIS_URL")
        with (
            LiveServer(tmp_path / "var", own) as first,
            LiveServer(tmp_path / "var", own) as second,
            Member(first).become_first_administrator() as dana,
        ):
            dana.connect()
            ack = dana.ask("count to 500")
            answer = ack["answer"]
            elsewhere = Member(second)
            elsewhere.http.cookies = dana.http.cookies
            elsewhere.connect()
            elsewhere.open(ack["conversation"])
            elsewhere.frame("generation.snapshot", message=answer)
            for _ in range(5):
                elsewhere.frame("generation.delta", message=answer)
            elsewhere.say("generation.stop", message=answer)
            for tab in (dana, elsewhere):
                finished = tab.frame("generation.finished", message=answer, patience=2)
                assert finished["status"] == "stopped"
            stored = dana.stored(ack["conversation"], answer)["text"]
            assert stored == dana.texts[answer] == elsewhere.texts[answer]
            elsewhere.hang_up()
            elsewhere.http.close()
