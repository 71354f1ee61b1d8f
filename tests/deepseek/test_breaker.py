"""The circuit breaker, on a clock of the test's own."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from conversations.deepseek.breaker import FAILURES, LONGEST_REST, REST, Breaker, State
from tests.deepseek.test_adaptive_limit import Clock


def broken(clock: Clock) -> Breaker:
    breaker = Breaker(clock)
    for _ in range(FAILURES):
        breaker.begin()
        breaker.failed()
    return breaker


def test_failures_in_a_row_open_it() -> None:
    breaker = Breaker(Clock())
    for _ in range(FAILURES - 1):
        breaker.failed()
    breaker.worked()
    for _ in range(FAILURES - 1):
        breaker.failed()
    assert (breaker.state, breaker.allows) == (State.closed, True)
    breaker.failed()
    assert (breaker.state, breaker.allows) == (State.open, False)


def test_one_that_lasts_opens_it_at_once() -> None:
    breaker = Breaker(Clock())
    breaker.failed(lasting=True)
    assert breaker.state is State.open


def test_after_its_rest_one_call_tries() -> None:
    clock = Clock()
    breaker = broken(clock)
    clock.now = REST
    assert (breaker.state, breaker.allows) == (State.half_open, True)
    breaker.begin()
    assert not breaker.allows
    breaker.worked()
    assert (breaker.state, breaker.allows) == (State.closed, True)


def test_a_trial_that_fails_doubles_the_rest_up_to_the_longest() -> None:
    clock = Clock()
    breaker = broken(clock)
    rest = REST
    seen: list[State] = []
    for _ in range(10):
        clock.now += rest
        seen.append(breaker.state)
        breaker.begin()
        breaker.failed()
        rest = min(LONGEST_REST, rest * 2)
        clock.now += rest - 0.1
        seen.append(breaker.state)
        clock.now += 0.1 - rest
    assert seen == [State.half_open, State.open] * 10
    clock.now += rest
    breaker.begin()
    breaker.worked()
    breaker.failed(lasting=True)
    clock.now += REST
    assert breaker.state is State.half_open


def test_a_trial_that_was_left_is_free_again() -> None:
    clock = Clock()
    breaker = broken(clock)
    clock.now = REST
    breaker.begin()
    breaker.left()
    assert breaker.allows


def test_calls_that_were_under_way_say_nothing_new() -> None:
    clock = Clock()
    breaker = broken(clock)
    clock.now = REST - 1
    breaker.failed()
    clock.now = REST
    assert breaker.state is State.half_open


@given(st.lists(st.sampled_from(["begin", "worked", "failed", "left", "wait"]), max_size=60))
def test_it_always_comes_back(steps: list[str]) -> None:
    clock = Clock()
    breaker = Breaker(clock)
    for step in steps:
        if step == "wait":
            clock.now += 7.0
        else:
            getattr(breaker, step)()
    breaker.left()
    clock.now += LONGEST_REST
    assert breaker.allows
