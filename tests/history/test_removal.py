"""A deleted person leaves nothing that can be read."""

from __future__ import annotations

import pytest

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
