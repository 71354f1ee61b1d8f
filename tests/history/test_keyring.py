"""The key ring: one keyset a person, wrapped by the site keyset and bound to its owner."""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from django.db import connection, transaction

from chatsite.accounts.models import User
from conversations.history import site_keyset
from conversations.history.cipher import Unreadable
from conversations.history.keyring import KeyMismatch, KeyRing
from conversations.models import Keyset
from tests.environment import HISTORY_KEYSET

PLACE = "conversations_message.text:1"


@pytest.fixture
def ring(db: None) -> KeyRing:
    return KeyRing(HISTORY_KEYSET)


def test_a_person_keeps_their_keyset(ring: KeyRing, alice: User) -> None:
    sealed = ring.user(alice.pk).seal("hello", PLACE)

    assert KeyRing(HISTORY_KEYSET).user(alice.pk).open(sealed, PLACE) == "hello"
    assert Keyset.objects.get().user == alice


def test_people_and_the_organization_have_keysets_of_their_own(ring: KeyRing, alice: User, bob: User) -> None:
    ciphers = [ring.user(alice.pk), ring.user(bob.pk), ring.organization()]

    for index, cipher in enumerate(ciphers):
        sealed = cipher.seal("hello", PLACE)
        for other in ciphers[:index] + ciphers[index + 1 :]:
            with pytest.raises(Unreadable):
                other.open(sealed, PLACE)
    assert Keyset.objects.count() == 3


def test_a_keyset_moved_to_another_person_does_not_open(ring: KeyRing, alice: User, bob: User) -> None:
    ring.user(alice.pk)
    Keyset.objects.filter(user=alice).update(user=bob)

    with pytest.raises(KeyMismatch):
        ring.user(bob.pk)


def test_another_site_keyset_is_refused_without_quoting_any_key(ring: KeyRing, alice: User) -> None:
    ring.check()
    ring.user(alice.pk)
    other = site_keyset.generate()

    for attempt in (KeyRing(other).check, lambda: KeyRing(other).user(alice.pk)):
        with pytest.raises(KeyMismatch) as failure:
            attempt()
        said = repr(failure.value)
        assert "does not fit this database" in said
        assert "key" not in said.lower().replace("history_keyset", "").replace("keymismatch", "")
        assert failure.value.__cause__ is None
    assert Keyset.objects.count() == 2


@pytest.mark.parametrize("value", ["", "{}", "walrus", '{"key": "walrus"}'])
def test_what_is_no_site_keyset_is_refused_without_quoting_it(value: str) -> None:
    with pytest.raises(KeyMismatch) as failure:
        KeyRing(value)
    assert "HISTORY_KEYSET is not a usable" in str(failure.value)
    assert "walrus" not in str(failure.value)


def test_the_check_prepares_an_empty_database_once(ring: KeyRing) -> None:
    ring.check()
    ring.check()
    KeyRing(HISTORY_KEYSET).check()

    assert [row.purpose for row in Keyset.objects.all()] == [Keyset.Purpose.ORGANIZATION]


def test_wrapped_keysets_are_ciphertext(ring: KeyRing, alice: User) -> None:
    ring.user(alice.pk)

    assert b"google.crypto.tink" not in bytes(Keyset.objects.get().wrapped)


@pytest.mark.django_db(transaction=True)
def test_a_cipher_is_kept_in_memory(alice: User, django_assert_num_queries: Any) -> None:
    ring = KeyRing(HISTORY_KEYSET)
    cipher = ring.user(alice.pk)

    with django_assert_num_queries(0):
        assert ring.user(alice.pk) is cipher
    ring.forget(alice.pk)
    with django_assert_num_queries(1):
        ring.user(alice.pk)


@pytest.mark.django_db(transaction=True)
def test_a_keyset_that_was_rolled_back_is_not_used(alice: User) -> None:
    ring = KeyRing(HISTORY_KEYSET)
    with transaction.atomic():
        ring.user(alice.pk)
        ring.user(alice.pk)
        transaction.set_rollback(True)

    sealed = ring.user(alice.pk).seal("hello", PLACE)

    assert KeyRing(HISTORY_KEYSET).user(alice.pk).open(sealed, PLACE) == "hello"


@pytest.mark.django_db(transaction=True)
def test_the_cache_is_bounded(monkeypatch: pytest.MonkeyPatch, alice: User, bob: User) -> None:
    monkeypatch.setattr("conversations.history.keyring._CACHED_CIPHERS", 1)
    ring = KeyRing(HISTORY_KEYSET)
    first = ring.user(alice.pk)
    ring.user(bob.pk)

    assert ring.user(alice.pk) is not first


@pytest.mark.django_db(transaction=True)
def test_all_who_ask_at_once_get_the_same_keyset(alice: User) -> None:
    """Eight key rings, as of eight processes, meet an empty table."""
    start = Barrier(8)

    def seal(number: int) -> bytes:
        try:
            ring = KeyRing(HISTORY_KEYSET)
            start.wait(10)
            return ring.user(alice.pk).seal(f"text {number}", PLACE)
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as threads:
        sealed = list(threads.map(seal, range(8)))

    assert Keyset.objects.filter(user=alice).count() == 1
    cipher = KeyRing(HISTORY_KEYSET).user(alice.pk)
    assert [cipher.open(each, PLACE) for each in sealed] == [f"text {number}" for number in range(8)]


@pytest.mark.django_db(transaction=True)
def test_two_processes_get_the_same_organization_keyset() -> None:
    command = (
        "import django; django.setup()\n"
        "from conversations.history.keyring import keyring\n"
        f"print(keyring().organization().seal('hello', {PLACE!r}).hex())"
    )
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "chatsite.settings",
        "DATABASE_URL": database_url(),
    }
    start = [sys.executable, "-c", command]
    processes = [subprocess.Popen(start, env=environment, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    sealed = [process.communicate(timeout=60)[0].strip() for process in processes]

    cipher = KeyRing(HISTORY_KEYSET).organization()
    assert [cipher.open(bytes.fromhex(each), PLACE) for each in sealed] == ["hello", "hello"]
    assert Keyset.objects.count() == 1


def database_url() -> str:
    """The test database, as another process reaches it."""
    name = connection.settings_dict["NAME"]
    if connection.vendor == "sqlite":
        return f"sqlite:///{name}"
    host, port, user = (connection.settings_dict[part] for part in ("HOST", "PORT", "USER"))
    return f"postgresql://{user}@{host}:{port}/{name}"
