"""A deleted person leaves nothing that can be read."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.db import connection

from chatsite.accounts.models import User
from conversations.history.cipher import Unreadable
from conversations.history.keyring import KeyMismatch, keyring
from conversations.models import Keyset

PLACE = "conversations_message.text:1"


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("at_once", [False, True], ids=["one by one", "by a query"])
def test_deleting_people_destroys_their_keysets(alice: User, bob: User, at_once: bool) -> None:
    sealed = keyring().user(alice.pk).seal("hello", PLACE)
    keyring().user(bob.pk)
    alice_id = alice.pk

    if at_once:
        User.objects.filter(pk=alice_id).delete()
    else:
        alice.delete()

    assert [row.user for row in Keyset.objects.filter(purpose=Keyset.Purpose.USER)] == [bob]
    User(id=alice_id, email="alice@example.org").save(force_insert=True)
    with pytest.raises((Unreadable, KeyMismatch)):
        keyring().user(alice_id).open(sealed, PLACE)


@pytest.mark.django_db(transaction=True)
def test_a_destroyed_keyset_is_in_no_file_of_sqlite(alice: User) -> None:
    if connection.vendor != "sqlite":
        pytest.skip("of SQLite's files")
    keyring().user(alice.pk)
    wrapped = bytes(Keyset.objects.get(user=alice).wrapped)
    database = Path(connection.settings_dict["NAME"])
    assert any(wrapped in path.read_bytes() for path in database.parent.glob(f"{database.name}*"))
    alice.delete()
    assert not any(wrapped in path.read_bytes() for path in database.parent.glob(f"{database.name}*"))
