"""What calls are taken to have sent when nobody says how much it was."""

from __future__ import annotations

from dataclasses import replace

from conversations.generation import upstream
from conversations.history.prompt import Picture, Turn
from tests.generation.test_run import job


def test_all_that_is_sent_counts() -> None:
    asked = job("x" * 100)
    assert upstream.sent_by(asked) == 30
    assert upstream.sent_by(replace(asked, text="y" * 100)) == 60
    assert upstream.sent_by(replace(asked, text="y" * 100, reasoning="z" * 100)) == 90
    # Without text the answer is not continued, and its reasoning stays here.
    assert upstream.sent_by(replace(asked, reasoning="z" * 100)) == 30


def test_pictures_count_in_answers_and_in_summaries() -> None:
    seen = replace(job(""), turns=(Turn("user", "x" * 100, pictures=(Picture("image/png", b"1"),) * 2),))
    assert upstream.sent_by(seen) == 30 + 2 * 1024
    assert upstream.sent_with(upstream.request_of(seen, user="u")) == 30 + 2 * 1024
