"""The circuit breaker, on a clock of the test's own."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from conversations.deepseek.breaker import FAILURES, LONGEST_REST, REST, Breaker, State
from tests.deepseek.test_adaptive_limit import Clock


def fail(breaker: Breaker, times: int = 1, *, lasting: bool = False) -> None:
    for _ in range(times):
        breaker.failed(breaker.begin(), lasting=lasting)


def broken(clock: Clock) -> Breaker:
    breaker = Breaker(clock)
    fail(breaker, FAILURES)
    return breaker


def half_open(clock: Clock) -> Breaker:
    breaker = broken(clock)
    clock.now = REST
    return breaker


def test_failures_in_a_row_open_it() -> None:
    breaker = Breaker(Clock())
    fail(breaker, FAILURES - 1)
    breaker.worked(breaker.begin())
    fail(breaker, FAILURES - 1)
    assert (breaker.state, breaker.allows) == (State.closed, True)
    fail(breaker)
    assert (breaker.state, breaker.allows) == (State.open, False)


def test_one_that_lasts_opens_it_at_once() -> None:
    breaker = Breaker(Clock())
    fail(breaker, lasting=True)
    assert breaker.state is State.open


def test_after_its_rest_one_call_tries() -> None:
    breaker = half_open(Clock())
    assert (breaker.state, breaker.allows) == (State.half_open, True)
    trial = breaker.begin()
    assert not breaker.allows
    breaker.worked(trial)
    assert (breaker.state, breaker.allows) == (State.closed, True)


def test_a_trial_that_fails_doubles_the_rest_up_to_the_longest() -> None:
    clock = Clock()
    breaker = broken(clock)
    rest = REST
    seen: list[State] = []
    for _ in range(10):
        clock.now += rest
        seen.append(breaker.state)
        fail(breaker)
        rest = min(LONGEST_REST, rest * 2)
        clock.now += rest - 0.1
        seen.append(breaker.state)
        clock.now += 0.1 - rest
    assert seen == [State.half_open, State.open] * 10
    clock.now += rest
    breaker.worked(breaker.begin())
    fail(breaker, lasting=True)
    clock.now += REST
    assert breaker.state is State.half_open


def test_a_trial_that_was_left_is_free_again() -> None:
    breaker = half_open(Clock())
    breaker.left(breaker.begin())
    assert breaker.allows


def test_calls_that_were_under_way_when_it_opened_say_nothing_new() -> None:
    clock = Clock()
    breaker = Breaker(clock)
    failing, working, leaving = (breaker.begin() for _ in range(3))
    fail(breaker, FAILURES)
    breaker.failed(failing)
    breaker.worked(working)
    assert not breaker.allows
    clock.now = REST
    assert breaker.state is State.half_open
    breaker.begin()
    breaker.left(leaving)
    assert not breaker.allows


def test_calls_that_were_under_way_do_not_end_a_trial() -> None:
    clock = Clock()
    breaker = Breaker(clock)
    before = breaker.begin()
    fail(breaker, FAILURES)
    clock.now = REST
    trial = breaker.begin()
    breaker.failed(before)
    assert (breaker.state, breaker.allows) == (State.half_open, False)
    breaker.worked(trial)
    assert breaker.state is State.closed


def test_trials_that_fail_together_double_the_rest_once() -> None:
    """They begin together when there is nobody else to ask."""
    clock = Clock()
    breaker = half_open(clock)
    for trial in [breaker.begin() for _ in range(5)]:
        breaker.failed(trial)
    clock.now += 2 * REST
    assert breaker.allows


def test_of_trials_together_one_that_is_left_does_not_end_the_others() -> None:
    breaker = half_open(Clock())
    first, second = breaker.begin(), breaker.begin()
    breaker.left(first)
    assert not breaker.allows
    breaker.left(second)
    assert breaker.allows


def test_one_that_is_left_after_it_worked_changes_nothing() -> None:
    clock = Clock()
    breaker = half_open(clock)
    trial = breaker.begin()
    breaker.worked(trial)
    breaker.left(trial)
    fail(breaker, FAILURES)
    clock.now += REST
    breaker.begin()
    assert not breaker.allows


@given(
    st.lists(st.tuples(st.sampled_from(["begin", "worked", "failed", "left", "wait"]), st.integers(0, 9)), max_size=80)
)
def test_it_always_comes_back(steps: list[tuple[str, int]]) -> None:
    clock = Clock()
    breaker = Breaker(clock)
    under_way: list[int] = []
    for step, which in steps:
        if step == "wait":
            clock.now += 7.0
        elif step == "begin":
            under_way.append(breaker.begin())
        elif under_way:
            getattr(breaker, step)(under_way.pop(which % len(under_way)))
    for era in under_way:
        breaker.left(era)
    clock.now += LONGEST_REST
    assert breaker.allows
