"""Search regardless of case, accents and width, in any script."""

from __future__ import annotations

import pytest

from conversations.history.matching import Query, folded


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("creme", "Crème brûlée"),
        ("CRÈME", "creme"),
        ("strasse", "Straße"),
        ("i", "İstanbul"),
        ("istanbul", "İSTANBUL"),
        ("ırmak", "IRMAK"),
        ("smorgas", "Smørgås"),
        ("ｆｕｌｌ", "full width"),
        ("番茄", "怎么做番茄炒蛋"),
        ("한국", "한국어 공부"),
        ("カタカナ", "ｶﾀｶﾅ"),
        ("مرحبا", "مَرْحَبًا"),
        ("ελλαδα", "Ελλάδα"),
        ("привет", "ПРИВЕТ"),
        ("two one", "one and two"),
        ("é", "e\u0301"),
        ("🍅", "tomato 🍅 soup"),
    ],
)
def test_found(query: str, text: str) -> None:
    assert Query(query).is_in(text)


@pytest.mark.parametrize(
    ("query", "text"), [("soup", "salad"), ("one three", "one and two"), ("が", "か"), ("", "anything"), (" ", " ")]
)
def test_not_found(query: str, text: str) -> None:
    assert not Query(query).is_in(text)


def test_folding_twice_changes_nothing() -> None:
    for text in ("Crème ŁÓDŹ Straße", "İıIi", "한국어", "ｶﾞｷﾞ", "مَرْحَبًا"):
        assert folded(folded(text)) == folded(text)
