"""The limit that follows what the upstream bears."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from conversations.deepseek.adaptive_limit import GROWTH, SHRINK_TO, AdaptiveLimit


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_it_begins_at_its_most() -> None:
    assert AdaptiveLimit(2500, Clock()).now() == 2500


def test_a_refusal_shrinks_it_below_what_was_running() -> None:
    limit = AdaptiveLimit(2500, Clock())
    limit.refused(limit.era, running=26)
    assert limit.now() == int(26 * SHRINK_TO)


def test_calls_that_were_refused_together_count_once() -> None:
    limit = AdaptiveLimit(100, Clock())
    era = limit.era
    for _ in range(20):
        limit.refused(era, running=100)
    assert limit.now() == 70
    limit.refused(limit.era, running=70)
    assert limit.now() == 49


def test_it_grows_back_by_a_fixed_amount_a_second_up_to_its_most() -> None:
    clock = Clock()
    limit = AdaptiveLimit(100, clock)
    limit.refused(limit.era, running=100)
    clock.now = 10.0
    assert limit.now() == 70 + int(10 * GROWTH)
    clock.now = 1000.0
    assert limit.now() == 100
    clock.now = 2000.0
    assert limit.now() == 100


@given(most=st.integers(1, 3000), steps=st.lists(st.tuples(st.floats(0, 5), st.integers(1, 3000)), max_size=30))
def test_it_stays_between_one_and_its_most(most: int, steps: list[tuple[float, int]]) -> None:
    clock = Clock()
    limit = AdaptiveLimit(most, clock)
    for seconds, running in steps:
        clock.now += seconds
        before = limit.now()
        limit.refused(limit.era, min(running, before))
        assert 1 <= limit.now() <= most
        assert limit.now() <= max(1, before)


@given(bears=st.integers(2, 200))
def test_it_settles_near_what_the_upstream_bears(bears: int) -> None:
    clock = Clock()
    limit = AdaptiveLimit(2500, clock)
    refused = 0
    for _ in range(300):
        clock.now += 1.0
        if limit.now() > bears:
            limit.refused(limit.era, bears + 1)
            refused += clock.now > 100
        assert limit.now() <= bears + 1
    assert limit.now() >= int(bears * SHRINK_TO) - 1
    assert refused <= 200 / max(1.0, bears * (1 - SHRINK_TO) - 1) + 1
