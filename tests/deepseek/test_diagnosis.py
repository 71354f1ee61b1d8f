"""The diagnosis over real sockets: each way in which it can fail is told apart."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest

from conversations.deepseek import Balance, Clocks, DeepSeekClient, InvalidRequest, RetryPolicy, Secret, Unreachable
from conversations.deepseek import client as client_module
from conversations.deepseek.account import BalanceInfo
from conversations.deepseek.diagnosis import Finding, Step, balance_in_words, diagnose, explained
from conversations.simulator import Simulator
from tests.deepseek.certificates import serving
from tests.deepseek.server import ANSWER, RESET, Script, ScriptedServer, reply, whole

ONCE = RetryPolicy(attempts=1)


async def findings(
    base_url: str, key: str = "sk-tests", model: str = "deepseek-flash", **options: Any
) -> list[Finding]:
    clocks = Clocks(connect=2, idle=1, first_token=1, progress=1)
    async with DeepSeekClient(base_url, Secret(key), clocks=clocks, retry=ONCE) as client:
        return [finding async for finding in diagnose(client, base_url, model, **options)]


def failed(found: list[Finding]) -> Finding:
    *before, last = found
    assert all(finding.fine and not finding.advice for finding in before)
    assert not last.fine
    assert last.advice
    return last


async def test_everything_works() -> None:
    async with Simulator(speed=0, first_token=0) as simulator:
        found = await findings(simulator.base_url)
    assert all(finding.fine for finding in found), found
    assert [finding.step for finding in found] == [step for step in Step if step is not Step.tls]


async def test_a_name_that_does_not_exist() -> None:
    assert failed(await findings("https://nonexistent.invalid")).step is Step.name


async def test_a_port_that_refuses() -> None:
    last = failed(await findings("http://127.0.0.1:1"))
    assert (last.step, last.said) == (Step.connection, "127.0.0.1 port 1 refuses connections.")


@pytest.mark.parametrize(
    ("error", "said"),
    [(TimeoutError(), "does not answer"), (OSError(101, "no route"), "no route"), (OSError(), "OSError")],
)
async def test_a_way_that_is_blocked(monkeypatch: pytest.MonkeyPatch, error: OSError, said: str) -> None:
    async def blocked(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(asyncio, "open_connection", blocked)
    last = failed(await findings("https://127.0.0.1"))
    assert last.step is Step.connection
    assert said in last.said


async def test_tls_to_a_plain_port() -> None:
    async with Simulator(speed=0) as simulator:
        last = failed(await findings(simulator.base_url.replace("http:", "https:")))
    assert last.step is Step.tls
    assert "does not speak TLS" in last.said


@pytest.mark.parametrize(
    ("options", "trusted", "said"),
    [
        ({}, False, "self-signed certificate"),
        ({"days": -1}, True, "certificate has expired"),
        ({"address": "127.0.0.2"}, True, "IP address mismatch, certificate is not valid for '127.0.0.1'"),
    ],
    ids=["of its own", "expired", "of another host"],
)
async def test_a_certificate_that_is_not_trusted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, options: dict[str, Any], said: str, *, trusted: bool
) -> None:
    tls, certificate = serving(tmp_path, **options)
    if trusted:
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    async with ScriptedServer(tls=tls) as server:
        last = failed(await findings(server.url))
        assert (last.step, last.said) == (Step.tls, f"The certificate is not trusted: {said}.")
        # A call sends nothing over such a connection either.
        async with DeepSeekClient(server.url, Secret("sk-tests"), retry=ONCE) as client:
            with pytest.raises(Unreachable):
                await client.models()
        assert server.seen == []


async def test_a_certificate_that_is_trusted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tls, certificate = serving(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    # A process reads once whom it trusts.
    monkeypatch.setattr(client_module, "tls_context", httpx.create_ssl_context)
    scripts: list[Script] = [list(MODELS), list(RICH), list(MODELS), [reply(), ANSWER]]
    async with ScriptedServer(*scripts, tls=tls) as server:
        found = await findings(server.url)
    assert found[2] == Finding(Step.tls, True, "The certificate is valid.")
    assert all(finding.fine for finding in found), found


async def test_a_wrong_key() -> None:
    async with Simulator(speed=0, api_key="sk-right") as simulator:
        last = failed(await findings(simulator.base_url, "sk-wrong"))
    assert last.step is Step.key
    assert "sk-wrong" not in last.said + last.advice
    assert "key" in last.advice


MODELS = whole(200, {"data": [{"id": "deepseek-flash"}, {"id": "deepseek-v4-pro"}]})
NOTHING_THERE = whole(404, b"")
RICH = whole(200, {"is_available": True, "balance_infos": []})
BROKEN = whole(500, b"")


async def test_no_balance() -> None:
    async with Simulator(speed=0, scenario="no-balance") as simulator:
        last = failed(await findings(simulator.base_url))
    assert (last.step, last.advice) == (Step.balance, "Top up the account.")


async def test_no_balance_that_shows_at_the_question_only() -> None:
    refused = whole(402, {"error": {"message": "Insufficient Balance"}})
    async with ScriptedServer([RESET], list(MODELS), list(RICH), list(MODELS), refused) as server:
        last = failed(await findings(server.url))
    assert (last.step, last.advice) == (Step.stream, "Top up the account.")


async def test_without_a_key() -> None:
    async with Simulator(speed=0, api_key="sk-right") as simulator:
        last = failed(await findings(simulator.base_url, "", has_key=False))
    assert (last.step, last.said) == (Step.key, "No key is set, and the server wants one.")
    async with ScriptedServer(list(MODELS), list(RICH), list(MODELS), [reply(), ANSWER]) as server:
        found = await findings(server.url, "", has_key=False)
    assert found[2].said == "No key is set, and none is asked for; 2 models are offered."


async def test_a_page_where_the_api_should_be() -> None:
    page = whole(200, b"<!doctype html><title>Welcome</title>", "text/html")
    async with ScriptedServer(page) as server:
        last = failed(await findings(server.url))
    assert (last.step, "<" in last.said) == (Step.key, False)
    assert last.advice.startswith("Check the base address: what answers there speaks another language")


@pytest.mark.parametrize("path", ["", "/", "/v1", "/v1/", "/v1/chat/completions", "/beta"])
async def test_base_addresses_as_people_type_them(path: str) -> None:
    async with Simulator(speed=0, first_token=0) as simulator:
        found = await findings(simulator.base_url + path)
    assert all(finding.fine for finding in found), found


async def test_a_base_address_that_is_too_long() -> None:
    async with Simulator(speed=0) as simulator:
        last = failed(await findings(f"{simulator.base_url}/api/v7"))
    assert (last.step, last.advice.partition(":")[0]) == (Step.stream, "Check the base address")


def test_what_was_not_even_sent_is_explained() -> None:
    said, advice = explained(InvalidRequest("model", "the name of a model"))
    assert (said, advice) == ("“model” must be the name of a model.", "Change it; nothing was sent.")


async def test_an_unknown_model() -> None:
    async with Simulator(speed=0) as simulator:
        last = failed(await findings(simulator.base_url, model="deepseek-chat"))
    assert last.step is Step.model
    assert "deepseek-flash, deepseek-v4-pro" in last.advice


async def test_no_models_at_all() -> None:
    async with ScriptedServer(whole(200, {"data": []}), list(RICH), whole(200, {"data": []})) as server:
        assert failed(await findings(server.url)).advice == "Check the base address."


@pytest.mark.parametrize("scenario", ["truncated", "reset", "malformed", "stall-at-once", "busy", "moderation"])
async def test_a_stream_that_breaks(scenario: str) -> None:
    async with Simulator(speed=0, scenario=scenario) as simulator:
        assert failed(await findings(simulator.base_url)).step is Step.stream


async def test_a_server_without_lists_and_balance_is_asked_the_question() -> None:
    lists = [list(NOTHING_THERE) for _ in range(3)]
    async with ScriptedServer(*lists, whole(401, b"")) as server:
        found = await findings(server.url)
    assert failed(found).step is Step.stream
    assert found[3].said == "This server reports no balance."


@pytest.mark.parametrize(
    ("scripts", "step"),
    [
        ([BROKEN], Step.key),
        ([MODELS, BROKEN], Step.balance),
        ([MODELS, RICH, BROKEN], Step.model),
        ([MODELS, RICH, [RESET]], Step.model),
    ],
)
async def test_faults_of_the_server(scripts: list[Any], step: Step) -> None:
    async with ScriptedServer(*(list(script) for script in scripts)) as server:
        assert failed(await findings(server.url)).step is step


async def test_a_server_without_accounts_is_not_asked_for_a_balance() -> None:
    async with Simulator(speed=0, first_token=0) as simulator:
        found = await findings(simulator.base_url, account=False)
    assert Step.balance not in [finding.step for finding in found]


def test_a_balance_in_words() -> None:
    infos = (BalanceInfo("USD", Decimal("1.50")), BalanceInfo("CNY", Decimal("2")))
    assert balance_in_words(Balance(True, infos)) == "1.50 USD, 2 CNY"
    assert balance_in_words(Balance(True)) == "no amounts given"
