"""`manage.py deepseek`: what it prints and how it ends."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from chatsite.fallbacks import FallbackUpstream
from conversations.simulator import Simulator, SimulatorThread

Run = Callable[..., tuple[str, str]]


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    with SimulatorThread(speed=0, first_token=0, api_key="sk-right") as simulator:
        yield simulator


@pytest.fixture
def run(simulator: Simulator, settings: Any) -> Run:
    """Runs the command with the simulator as upstream: what it wrote to standard output and to standard error."""

    def run(*arguments: str, key: str = "sk-right", **changes: Any) -> tuple[str, str]:
        settings.ENVIRONMENT = dataclasses.replace(
            settings.ENVIRONMENT,
            **({"deepseek_base_url": simulator.base_url, "deepseek_api_key": key, "demo": False} | changes),
        )
        out, err = StringIO(), StringIO()
        call_command("deepseek", *arguments, stdout=out, stderr=err)
        return out.getvalue(), err.getvalue()

    return run


def spare_at(base_url: str) -> FallbackUpstream:
    return FallbackUpstream(
        name="spare",
        base_url=base_url,
        key="sk-wrong",
        models={"other": "deepseek-flash"},
        limits={},
        wire="openai",
        is_deepseek=False,
        think_tags="none",
    )


def test_check_goes_through_all_steps(run: Run) -> None:
    out, err = run("check")
    steps = [line.split()[0] for line in out.splitlines()[1:]]
    assert steps == ["name", "connection", "key", "balance", "model", "stream"]
    assert err == ""


def test_check_fails_with_the_upstream_that_does_not_work(run: Run, simulator: Simulator) -> None:
    fallbacks = (spare_at(simulator.base_url),)
    with pytest.raises(CommandError, match="Not everything works: spare"):
        run("check", fallback_upstreams=fallbacks)
    run("check", "--upstream", "deepseek", fallback_upstreams=fallbacks)
    with pytest.raises(CommandError, match="There are: deepseek, spare"):
        run("check", "--upstream", "nobody", fallback_upstreams=fallbacks)


def test_models_and_balance(run: Run) -> None:
    assert "deepseek-v4-pro" in run("models")[0]
    assert run("balance")[0] == "110.00 USD\n"


def test_a_refusal_is_told_without_the_key(run: Run) -> None:
    for action in ("models", "balance"):
        with pytest.raises(CommandError, match="API key") as raised:
            run(action, key="sk-wrong")
        assert "sk-wrong" not in str(raised.value)


def test_ask_shows_answer_and_end(run: Run) -> None:
    out, err = run("ask", "count to 5", "--thinking", "high")
    assert "1, 2, 3, 4, 5." in out
    assert "[complete, deepseek-flash, " in err


def test_ask_fails_with_what_came(run: Run, simulator: Simulator) -> None:
    simulator.scenario = "truncated"
    with pytest.raises(CommandError, match="cut off"):
        run("ask", "Hello")


def test_demo_mode_is_told(run: Run, simulator: Simulator) -> None:
    assert "demo mode" in run("balance", demo=True, simulator_url=simulator.base_url)[1]


def test_without_a_key_nobody_is_asked(run: Run, simulator: Simulator) -> None:
    with pytest.raises(CommandError, match="No DEEPSEEK_API_KEY is set"):
        run("check", key="", demo=True)
    assert simulator.calls == []


def test_another_server_is_asked_as_questions_are_put_to_it(run: Run, simulator: Simulator) -> None:
    """It may refuse what only DeepSeek knows."""
    spare = dataclasses.replace(spare_at(simulator.base_url), key="sk-right")
    run("check", "--upstream", "spare", fallback_upstreams=(spare,))
    run("ask", "Hello", "--upstream", "spare", "--thinking", "high", fallback_upstreams=(spare,))
    bodies = [call.body for call in simulator.calls if call.body and "messages" in call.body]
    assert len(bodies) == 2
    assert not any({"thinking", "reasoning_effort", "user_id"} & set(body) for body in bodies)


def test_a_refusal_is_told_to_an_operator(run: Run) -> None:
    with pytest.raises(CommandError) as raised:
        run("models", key="sk-wrong")
    said, advice = str(raised.value).split("\n")
    assert said.startswith("The server did not accept this site's API key. (authentication")
    assert advice == "Set the key as the provider shows it; it may have been revoked."
