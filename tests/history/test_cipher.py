"""Sealed texts open with their key, in their place, and not otherwise."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conversations.history import site_keyset
from conversations.history.cipher import Cipher, Unreadable

PLACE = "conversations_message.text:1"
CIPHER = Cipher(site_keyset.parse(site_keyset.generate()))
texts = st.text(st.characters(exclude_categories=()), max_size=2000)
"""Any code points, halves of surrogate pairs included."""


@given(texts)
def test_what_is_sealed_opens(text: str) -> None:
    assert CIPHER.open(CIPHER.seal(text, PLACE), PLACE) == text


@given(st.text(min_size=1), st.integers(0), st.integers(0, 7))
def test_a_damaged_value_does_not_open(text: str, position: int, bit: int) -> None:
    sealed = bytearray(CIPHER.seal(text, PLACE))
    sealed[position % len(sealed)] ^= 1 << bit

    with pytest.raises(Unreadable):
        CIPHER.open(bytes(sealed), PLACE)


@given(st.text(min_size=1), st.integers(1))
def test_a_shortened_value_does_not_open(text: str, length: int) -> None:
    sealed = CIPHER.seal(text, PLACE)

    with pytest.raises(Unreadable):
        CIPHER.open(sealed[: 1 + length % (len(sealed) - 1)], PLACE)


@pytest.mark.parametrize(
    "place",
    ["conversations_message.text:2", "conversations_message.reasoning:1", "conversations_checkpoint.text:1", ""],
)
def test_a_value_moved_to_another_row_or_column_does_not_open(place: str) -> None:
    with pytest.raises(Unreadable):
        CIPHER.open(CIPHER.seal("hello", PLACE), place)


def test_another_key_does_not_open_it() -> None:
    stranger = Cipher(site_keyset.parse(site_keyset.generate()))

    with pytest.raises(Unreadable) as failure:
        stranger.open(CIPHER.seal("a secret of mine", PLACE), PLACE)
    assert PLACE in str(failure.value)
    assert "secret of mine" not in str(failure.value)


@pytest.mark.parametrize("text", ["\ud83d", "half \udc00 of a pair", "\x00", "😀" * 40, "\ud83d\ude00"])
def test_no_text_is_lost_for_its_characters(text: str) -> None:
    assert CIPHER.open(CIPHER.seal(text, PLACE), PLACE) == text


def test_the_empty_text_stays_empty() -> None:
    assert CIPHER.seal("", PLACE) == b""
    assert CIPHER.open(b"", PLACE) == ""


def test_the_same_text_is_sealed_differently_each_time() -> None:
    assert CIPHER.seal("hello", PLACE) != CIPHER.seal("hello", PLACE)


def test_the_ciphertext_shows_nothing_of_the_text() -> None:
    assert b"walrus" not in CIPHER.seal("walrus", PLACE)
    assert b"walrus" not in CIPHER.seal("walrus and more " * 50, PLACE)


def test_long_texts_are_compressed_and_short_ones_are_not_blown_up() -> None:
    overhead = len(CIPHER.seal("x", PLACE)) - 1

    assert len(CIPHER.seal("All work and no play. " * 1000, PLACE)) < 500
    assert len(CIPHER.seal("short", PLACE)) == overhead + 5
    assert overhead < 40


def test_what_does_not_shrink_is_kept_as_it_is() -> None:
    noise = "".join(chr(0x4E00 + (number * 7919) % 20_000) for number in range(60))

    assert CIPHER.open(CIPHER.seal(noise, PLACE), PLACE) == noise


def test_a_database_may_hand_out_memoryviews() -> None:
    sealed = CIPHER.seal("hello", PLACE)

    assert CIPHER.open(memoryview(sealed), PLACE) == "hello"  # type: ignore[arg-type]
    assert CIPHER.open(memoryview(b""), PLACE) == ""  # type: ignore[arg-type]


def test_several_threads_share_a_cipher() -> None:
    def round_trip(number: int) -> bool:
        text = f"text {number} " * 100
        return CIPHER.open(CIPHER.seal(text, PLACE), PLACE) == text

    with ThreadPoolExecutor(8) as threads:
        assert all(threads.map(round_trip, range(400)))
