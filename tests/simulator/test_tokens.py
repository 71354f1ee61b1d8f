from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from conversations.simulator.tokens import estimate, first_tokens, pieces, token_count


@given(st.text())
def test_pieces_are_the_text(text: str) -> None:
    assert "".join(pieces(text)) == text


@given(st.text())
def test_count_is_the_number_of_pieces(text: str) -> None:
    assert token_count(text) == len(list(pieces(text)))


@given(st.text(), st.integers(0, 30))
def test_first_tokens_are_the_first_pieces(text: str, count: int) -> None:
    assert first_tokens(text, count) == "".join(list(pieces(text))[:count])


def test_pieces_are_about_as_long_as_tokens() -> None:
    assert list(pieces("Hello world, 你好吗？")) == ["Hell", "o wo", "rld,", " ", "你好", "吗？"]  # noqa: RUF001


def test_a_family_may_be_cut() -> None:
    assert len(list(pieces("👩\u200d👩\u200d👧\u200d👦"))) > 1


def test_estimate_follows_the_rule_of_thumb() -> None:
    assert estimate("abcd") == 1.2
    assert estimate("你好") == 1.2
    assert estimate("") == 0
