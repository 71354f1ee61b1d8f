"""Sealed columns: opened by hand, in no form, and bound to their row."""

from __future__ import annotations

import pytest
from uuid_utils.compat import uuid7

from conversations.history import site_keyset
from conversations.history.cipher import Cipher, Unreadable
from conversations.history.fields import SealedField, SealedRow, sealed_field
from conversations.models import Attachment, Checkpoint, Conversation, Message

CIPHER = Cipher(site_keyset.parse(site_keyset.generate()))


def test_a_row_seals_and_unseals_its_columns() -> None:
    message = Message(id=uuid7())
    message.seal(CIPHER, text="hello", reasoning="hm")

    assert (message.unseal(CIPHER, "text"), message.unseal(CIPHER, "reasoning")) == ("hello", "hm")
    assert b"hello" not in message.text


def test_what_is_no_text_is_sealed_alike() -> None:
    row, other = Attachment(id=uuid7()), Attachment(id=uuid7())
    data = bytes(range(256)) * 4
    row.seal_bytes(CIPHER, original=data)
    other.original = row.original

    assert row.unseal_bytes(CIPHER, "original") == data
    assert data[:32] not in row.original
    with pytest.raises(Unreadable):
        other.unseal_bytes(CIPHER, "original")
    with pytest.raises(Unreadable):
        row.unseal(CIPHER, "original")
    assert row.unseal_bytes(CIPHER, "picture") == b""


def test_columns_and_rows_cannot_be_exchanged() -> None:
    message, other = Message(id=uuid7()), Message(id=uuid7())
    message.seal(CIPHER, text="hello")
    message.reasoning = other.text = message.text

    for row, column in ((message, "reasoning"), (other, "text")):
        with pytest.raises(Unreadable):
            row.unseal(CIPHER, column)


def test_what_was_never_written_is_empty() -> None:
    assert Conversation(id=uuid7()).unseal(CIPHER, "title") == ""


def test_only_sealed_columns_are_sealed() -> None:
    with pytest.raises(TypeError, match=r"Conversation\.model is not sealed"):
        Conversation(id=uuid7()).seal(CIPHER, model="hello")


@pytest.mark.parametrize("model", [Attachment, Conversation, Message, Checkpoint])
def test_sealed_columns_are_in_no_form(model: type[SealedRow]) -> None:
    columns = [field for field in model._meta.fields if isinstance(field, SealedField)]

    assert columns
    assert not [field.name for field in columns if field.editable]
    assert sealed_field(model, columns[0].name).place("7") == f"{model._meta.db_table}.{columns[0].column}:7"
