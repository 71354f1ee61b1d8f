"""The fair queue: people take turns."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conversations.deepseek.fair_queue import FairQueue

PEOPLE = "abcde"
requests = st.lists(st.sampled_from(PEOPLE), max_size=40)


def filled(people: list[str]) -> FairQueue[int]:
    queue: FairQueue[int] = FairQueue()
    for item, person in enumerate(people):
        queue.join(person, item)
    return queue


def served(queue: FairQueue[int]) -> list[int]:
    return [queue.next() for _ in range(len(queue))]


def test_one_heavy_person_does_not_starve_the_others() -> None:
    queue = filled(["a"] * 100 + ["b", "c"])
    assert served(queue)[:5] == [0, 100, 101, 1, 2]


def test_nobody_waits() -> None:
    with pytest.raises(KeyError):
        FairQueue[int]().next()


def test_a_further_call_goes_before_the_persons_others_only() -> None:
    queue = filled(["a", "b", "b"])
    queue.join("b", 9, first=True)
    assert served(queue) == [0, 9, 1, 2]


@given(people=requests)
def test_of_n_people_each_gets_every_nth_place(people: list[str]) -> None:
    order = [people[item] for item in served(filled(people))]
    for person in set(people):
        places = [place for place, each in enumerate(order) if each == person]
        waits = [later - earlier for earlier, later in zip([-1, *places], places, strict=False)]
        assert max(waits) <= len(set(people))
    assert sorted(order) == sorted(people)


@given(people=requests)
def test_each_persons_requests_stay_in_order(people: list[str]) -> None:
    order = served(filled(people))
    for person in PEOPLE:
        own = [item for item in order if people[item] == person]
        assert own == sorted(own)


@given(people=requests, gone=st.sets(st.integers(0, 39)), taken=st.integers(0, 10))
def test_positions_are_the_order_in_which_they_come(people: list[str], gone: set[int], taken: int) -> None:
    queue = filled(people)
    for _ in range(min(taken, len(queue))):
        gone = gone - {queue.next()} | {-1}
    waiting = list(queue)
    for item in gone & set(waiting):
        queue.leave(people[item], item)
    waiting = list(queue)
    assert [queue.position(people[item], item) for item in waiting] == list(range(1, len(waiting) + 1))
    assert served(queue) == waiting
    assert len(queue) == 0
