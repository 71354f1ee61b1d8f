"""The table of transitions."""

from __future__ import annotations

from conversations.generation.lifecycle import ENDS, TRANSITIONS, Status, sources
from conversations.models import Generation


def test_the_table_names_every_status_and_the_model_stores_the_same_ones() -> None:
    assert set(TRANSITIONS) == set(Status)
    assert {str(status) for status in Status} == set(Generation.Status.values)


def test_unfinished_is_what_has_not_ended() -> None:
    assert {str(status) for status in Status if status not in ENDS} == {str(each) for each in Generation.UNFINISHED}


def test_only_a_running_answer_completes() -> None:
    assert sources(Status.COMPLETE) == {Status.RUNNING}


def test_a_queued_answer_can_be_stopped() -> None:
    assert sources(Status.STOPPED) == {Status.QUEUED, Status.RUNNING}


def test_from_an_end_an_answer_can_be_continued_and_nothing_else() -> None:
    assert sources(Status.RUNNING) >= ENDS
    for target in set(Status) - {Status.RUNNING}:
        assert not sources(target) & ENDS
