"""The gate: nobody passes beyond the limit, no place is lost, and who waits hears of it."""

from __future__ import annotations

import asyncio
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conversations.deepseek import gate as module
from conversations.deepseek.adaptive_limit import AdaptiveLimit
from conversations.deepseek.gate import Gate, Gates, Ticket


def gate_of(most: int) -> Gate:
    return Gate(AdaptiveLimit(most, time.monotonic))


async def test_there_is_room() -> None:
    gate = gate_of(2)
    assert await gate.news(gate.enter("a")) == 0
    assert (gate.running, gate.waiting, gate.limit) == (1, 0, 2)


async def test_who_waits_hears_of_every_move(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "NEWS_INTERVAL", 0.01)
    gate = gate_of(1)
    first, second, third = (gate.enter("a") for _ in range(3))
    assert (await gate.news(second), await gate.news(third)) == (1, 2)
    gate.leave(first)
    async with asyncio.timeout(1):
        assert await gate.news(second) == 0
        assert await gate.news(third) == 1
        gate.leave(second)
        assert await gate.news(third) == 0
    gate.leave(third)
    assert (gate.running, gate.waiting) == (0, 0)


async def test_a_queue_that_moves_fast_is_told_once_an_interval(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "NEWS_INTERVAL", 0.05)
    gate = gate_of(1)
    running = gate.enter("a")
    waiting = [gate.enter("a") for _ in range(50)]
    assert await gate.news(waiting[-1]) == 50
    for ticket in waiting[:20]:
        gate.leave(running)
        running = ticket
    async with asyncio.timeout(1):
        assert await gate.news(waiting[-1]) == 30


async def test_a_limit_that_grows_lets_in_who_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "NEWS_INTERVAL", 0.01)
    now = 0.0
    gate = Gate(AdaptiveLimit(2, lambda: now))
    refused, other = gate.enter("a"), gate.enter("a")
    gate.leave(refused, refused=True)
    assert gate.limit == 1
    third = gate.enter("a")
    assert await gate.news(third) == 1
    await asyncio.sleep(0.03)
    assert third.position == 1
    now = 5.0
    async with asyncio.timeout(1):
        assert await gate.news(third) == 0
    assert gate.running == 2
    gate.leave(other)


async def test_a_ticket_is_given_back_once() -> None:
    gate = gate_of(1)
    ticket = gate.enter("a")
    gate.leave(ticket)
    gate.leave(ticket)
    assert gate.running == 0


async def test_who_is_let_in_while_being_cancelled_gives_the_place_back() -> None:
    gate = gate_of(1)
    first = gate.enter("a")

    async def waits() -> None:
        ticket = gate.enter("b")
        try:
            while await gate.news(ticket):
                pass
        finally:
            gate.leave(ticket)

    task = asyncio.create_task(waits())
    await asyncio.sleep(0)
    gate.leave(first)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert (gate.running, gate.waiting) == (0, 0)


async def test_each_model_has_its_own() -> None:
    gates = Gates({"pro": 1}, 5, time.monotonic)
    assert (gates.of("pro").limit, gates.of("flash").limit) == (1, 5)
    assert gates.of("pro") is gates.of("pro")


@settings(deadline=None)
@given(
    most=st.integers(1, 4),
    steps=st.lists(
        st.one_of(
            st.tuples(st.just("enter"), st.sampled_from("abc")),
            st.tuples(st.just("leave"), st.integers(0, 40)),
            st.tuples(st.just("refused"), st.integers(0, 40)),
        ),
        max_size=60,
    ),
)
def test_no_place_is_lost_whoever_leaves_when(most: int, steps: list[tuple[str, str | int]]) -> None:
    async def play() -> None:
        gate = gate_of(most)
        tickets: list[Ticket] = []
        for what, which in steps:
            if isinstance(which, str):
                tickets.append(gate.enter(which))
            elif tickets:
                gate.leave(tickets[which % len(tickets)], refused=what == "refused")
            held = [ticket for ticket in tickets if not ticket.given_back]
            assert gate.running == sum(not ticket.position for ticket in held) <= most
            assert gate.waiting == sum(ticket.position > 0 for ticket in held)
            assert not gate.waiting or gate.running >= gate.limit
        for ticket in tickets:
            gate.leave(ticket)
        assert (gate.running, gate.waiting) == (0, 0)

    asyncio.run(play())
