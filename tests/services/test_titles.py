"""Titles: one clean line, from the model or from the first words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conversations.services.replies import provisional_title
from conversations.services.titles import clean


@pytest.mark.parametrize(
    ("said", "title"),
    [
        ("Sourdough basics", "Sourdough basics"),
        ('"Sourdough basics."', "Sourdough basics"),
        ("# **Sourdough** basics\n\nMore text", "Sourdough** basics"),
        ("\n\n  “Brot backen”  \n", "Brot backen"),
        ("「酸面包」", "「酸面包」"),
        ("", ""),
        ("...", ""),
        ("x" * 500, "x" * 100),
    ],
)
def test_a_models_title_is_cleaned(said: str, title: str) -> None:
    assert clean(said) == title


@given(said=st.text(max_size=300))
def test_a_title_is_one_bounded_line(said: str) -> None:
    title = clean(said)
    assert len(title) <= 100
    assert len(title.splitlines()) <= 1


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("Hello  there\nyou", "Hello there you"),
        ("word " * 30, "word word word word word word word word word word word word…"),
        ("x" * 100, "x" * 60 + "…"),
    ],
)
def test_the_first_words_serve_until_then(text: str, title: str) -> None:
    assert provisional_title(text) == title
