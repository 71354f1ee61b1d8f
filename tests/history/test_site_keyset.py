"""The site keyset: made new, read back, and never quoted."""

from __future__ import annotations

import json

import pytest

from conversations.history import site_keyset


def test_a_new_keyset_is_one_line_and_opens_what_it_sealed() -> None:
    text = site_keyset.generate()
    aead = site_keyset.parse(text)

    assert "\n" not in text
    assert aead.decrypt(aead.encrypt(b"hello", b"here"), b"here") == b"hello"
    assert json.loads(text)["key"][0]["keyData"]["typeUrl"].endswith("AesGcmKey")


def test_every_keyset_is_another() -> None:
    assert site_keyset.generate() != site_keyset.generate()


@pytest.mark.parametrize("text", ["", "{}", "not json", '{"primaryKeyId": 1, "key": []}', '{"key": "walrus"}'])
def test_what_is_no_keyset_is_refused_without_quoting_it(text: str) -> None:
    with pytest.raises(site_keyset.UnusableKeyset) as failure:
        site_keyset.parse(text)
    assert str(failure.value) == ""
    assert failure.value.__cause__ is None
