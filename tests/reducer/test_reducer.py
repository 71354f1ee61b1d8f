"""Whatever is lost, repeated or late: a page shows a true beginning of the answer, and what heals completes it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.reducer import cases
from tests.reducer.history import Frame, History, arrivals, history
from tests.shown import Shown

CASES: list[dict[str, Any]] = json.loads(cases.PATH.read_text())


def test_the_cases_file_is_what_its_seeds_give() -> None:
    assert cases.PATH.read_text() == cases.written(), "write it anew: python -m tests.reducer.cases"


@pytest.mark.parametrize("case", CASES, ids=lambda case: str(case["seed"]))
def test_the_same_cases_give_the_same_text_as_in_the_page(case: dict[str, Any]) -> None:
    steps = cases.follow(case["frames"])
    assert [list(step) for step, _ in steps] == case["shown"]
    _check(cases.told_by(case), case["frames"])


@given(st.data())
def test_any_order_of_frames_gives_the_text(data: st.DataObject) -> None:
    def choose(below: int) -> int:
        return data.draw(st.integers(0, below - 1))

    told = history(choose)
    _check(told, arrivals(told, choose))


def _check(told: History, frames: list[Frame]) -> None:
    steps = cases.follow(frames)
    before = (1, 0)
    for (attempt, seq, _, _), content in steps:
        assert (attempt, seq) >= before, "what is shown went back"
        assert content == told.text(attempt, seq)
        before = (attempt, seq)
    (attempt, seq, status, gap), content = steps[-1]
    assert (attempt, seq) == told.last
    assert (status, gap, content) == (told.status, False, told.text(*told.last))


def test_what_is_no_answer_is_left_alone() -> None:
    shown = Shown.of({"text": "Hello", "reasoning": "", "generation": None})
    frame = History([[("", ""), ("", "x")]], "complete").delta(1, 1)
    assert not shown.fold(frame)
    assert not shown.merge({"text": "x", "reasoning": "", "generation": {"attempt": 2, "seq": 1, "status": "running"}})
    assert (shown.text, shown.gap, shown.is_unfinished) == ("Hello", False, False)


def test_waiting_changes_no_text() -> None:
    shown = Shown.of({"text": "", "reasoning": "", "generation": {"attempt": 1, "seq": 0, "status": "queued"}})
    assert not shown.fold({"type": "generation.queued", "message": "m", "position": 1})
    assert (shown.text, shown.position, shown.is_unfinished) == ("", (1, 0), True)
