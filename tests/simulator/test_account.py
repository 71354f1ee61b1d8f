"""The simulated account: it falls, is used up, and is topped up, over TCP."""

from __future__ import annotations

from decimal import Decimal

import httpx
import pytest

from conversations.deepseek import Balance, BalanceExhausted, ChatMessage, ChatRequest, DeepSeekClient, Secret
from conversations.simulator import Simulator
from conversations.simulator.account import Account

QUESTION = ChatRequest(model="deepseek-flash", messages=[ChatMessage(role="user", content="Hello")], thinking="off")


def only_amount(balance: Balance) -> Decimal:
    (info,) = balance.balance_infos
    return info.total_balance


async def test_calls_are_charged_until_nothing_is_left_and_a_top_up_heals() -> None:
    account = Account(Decimal("0.50"), granted=Decimal("0.20"), currency="CNY", per_million=Decimal(5000))
    async with (
        Simulator(account=account) as simulator,
        DeepSeekClient(simulator.base_url, Secret("sk-tests")) as client,
    ):
        before = only_amount(await client.balance())
        await client.complete(QUESTION)
        after = only_amount(await client.balance())
        assert before == Decimal("0.50")
        assert after < before

        while account.is_available:
            await client.complete(QUESTION)
        with pytest.raises(BalanceExhausted):
            await client.complete(QUESTION)
        used_up = await client.balance()
        assert (used_up.is_available, only_amount(used_up)) == (False, Decimal("0.00"))

        async with httpx.AsyncClient(base_url=simulator.base_url, headers={"Authorization": "Bearer x"}) as browser:
            paid = await browser.post("/simulator/top-up", json={"amount": "7.50"})
            wrong = await browser.post("/simulator/top-up", json={"amount": "much"})
        assert (paid.status_code, wrong.status_code) == (200, 400)
        again = await client.balance()
        assert again.is_available
        assert Decimal(7) < only_amount(again) <= Decimal("7.50")
        await client.complete(QUESTION)


async def test_what_was_granted_is_spent_first() -> None:
    account = Account(Decimal(3), granted=Decimal(1), per_million=Decimal(1_000_000))
    account.charge(2)

    assert account.body() == (
        b'{"is_available":true,"balance_infos":[{"currency":"USD","total_balance":"1.00","granted_balance":"0.00",'
        b'"topped_up_balance":"1.00"}]}'
    )


async def test_without_an_account_there_is_nothing_to_top_up() -> None:
    async with Simulator() as simulator, httpx.AsyncClient(base_url=simulator.base_url) as browser:
        answer = await browser.post(
            "/simulator/top-up", json={"amount": "1"}, headers={"Authorization": "Bearer sk-tests"}
        )

    assert answer.status_code == 404
