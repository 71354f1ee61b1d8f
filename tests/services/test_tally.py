"""Which notices came, and which are lost."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from conversations.services.tally import Tally


@given(order=st.permutations(range(1, 9)), lost=st.sets(st.integers(2, 8)))
def test_overtaking_is_no_loss_and_a_loss_is_told_once(order: list[int], lost: set[int]) -> None:
    tally = Tally()
    tally.told("a", 0, 0.0)
    for number in order:
        if number not in lost:
            tally.came("a", number, 0.1)
    assert not tally.misses(0.5)
    tally.told("a", 8, 0.6)
    assert tally.misses(2) == bool(lost)
    assert not tally.misses(9)


def test_what_was_said_before_is_not_missed_and_silence_is_forgotten() -> None:
    tally = Tally()
    tally.told("a", 41, 0.0)
    tally.came("a", 42, 0.0)
    tally.came("b", 7, 0.0)
    assert not tally.misses(200)
    tally.told("a", 50, 201)
    assert not tally.misses(210)


def test_a_loss_of_many_is_one_loss() -> None:
    tally = Tally()
    tally.told("a", 0, 0.0)
    tally.told("a", 10**9, 0.0)
    assert tally.misses(1)
    assert not tally.misses(3)
