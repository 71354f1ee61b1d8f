"""The key ring: from the site keyset to the ciphers of users and of the organization.

The site keyset wraps one keyset a user and one for the organization (`Keyset` rows). Nothing is ever written with a
missing or foreign key: `check()` refuses at start, and every unwrapping failure is a `KeyMismatch`.
"""

from __future__ import annotations

import logging
import threading
from collections import OrderedDict
from functools import cache
from uuid import UUID

import tink
from django.conf import settings
from django.db import DatabaseError, IntegrityError, connection, transaction
from tink import aead, proto_keyset_format

from conversations.history import site_keyset as site_keyset_format
from conversations.history.cipher import Aead, Cipher
from conversations.models import Keyset

_CACHED_CIPHERS = 4096
"""Unwrapping takes about 25 µs and a query; a cipher a few KB."""
_CHECKPOINT_PATIENCE_MS = 3000

logger = logging.getLogger(__name__)


class KeyMismatch(Exception):
    """The site keyset is unusable, or does not fit what the database holds. The text says what to do."""


class KeyRing:
    """Ciphers by owner. Safe to use from several threads."""

    def __init__(self, site_keyset: str) -> None:
        """`site_keyset` is Tink's JSON format. Raises `KeyMismatch` when it is not a usable AEAD keyset."""
        try:
            self._site = site_keyset_format.parse(site_keyset)
        except site_keyset_format.UnusableKeyset:
            raise KeyMismatch(
                "HISTORY_KEYSET is not a usable Tink AEAD keyset in JSON. Restore the right value; "
                "history cannot be read without it."
            ) from None
        self._ciphers: OrderedDict[UUID | None, Cipher] = OrderedDict()
        self._lock = threading.Lock()

    def user(self, user_id: UUID) -> Cipher:
        """The cipher of a user's texts; makes the user keyset when there is none yet. At most one query once cached."""
        return self._cipher(user_id)

    def organization(self) -> Cipher:
        """The cipher of texts that belong to nobody."""
        return self._cipher(None)

    def forget(self, user_id: UUID) -> None:
        """Drop a user's cipher from memory (its keyset was destroyed)."""
        with self._lock:
            self._ciphers.pop(user_id, None)

    def destroy(self, user_id: UUID) -> None:
        """Delete a user's keyset: nothing that was sealed with it can be read from then on.

        On SQLite its bytes are gone from the files soon after the commit; `docs/encryption.md` tells of PostgreSQL.
        """
        Keyset.objects.filter(purpose=Keyset.Purpose.USER, user_id=user_id).delete()
        self.forget(user_id)
        # Once more after the commit: until then, another thread could have read the row again.
        transaction.on_commit(lambda: self.forget(user_id))
        transaction.on_commit(_empty_write_ahead_log)

    def check(self) -> None:
        """Prove that the site keyset fits the database, or put the first keyset into an empty one.

        Raises `KeyMismatch` when the database was written with another site keyset.
        """
        self.organization()

    def _cipher(self, owner: UUID | None) -> Cipher:
        with self._lock:
            cipher = self._ciphers.get(owner)
            if cipher is not None:
                self._ciphers.move_to_end(owner)
                return cipher
        cipher = Cipher(self._unwrap(_get_or_create(owner, self._site), owner))
        # Kept after the commit only: a keyset whose transaction is rolled back is stored nowhere, and what was sealed
        # with it later on could never be read again.
        transaction.on_commit(lambda: self._keep(owner, cipher))
        return cipher

    def _keep(self, owner: UUID | None, cipher: Cipher) -> None:
        with self._lock:
            self._ciphers[owner] = cipher
            while len(self._ciphers) > _CACHED_CIPHERS:
                self._ciphers.popitem(last=False)

    def _unwrap(self, keyset: Keyset, owner: UUID | None) -> Aead:
        try:
            handle = proto_keyset_format.parse_encrypted(bytes(keyset.wrapped), self._site, _place(owner))
        except tink.TinkError:
            raise KeyMismatch(
                "HISTORY_KEYSET does not fit this database: its history was encrypted with another one. "
                "Restore the value that belongs to this database. Nothing was changed."
            ) from None
        primitive: Aead = handle.primitive(aead.Aead)
        return primitive


@cache
def keyring() -> KeyRing:
    """The key ring of this process, from `HISTORY_KEYSET`."""
    return KeyRing(settings.ENVIRONMENT.history_keyset)


def _empty_write_ahead_log() -> None:
    """SQLite's log holds old versions of pages until a checkpoint. It has to wait for readers, and lets nobody write
    meanwhile; in vain, it happens with a later one.
    """
    if connection.vendor != "sqlite":
        return
    try:
        with connection.cursor() as cursor:
            usual = cursor.execute("PRAGMA busy_timeout").fetchone()[0]
            cursor.execute(f"PRAGMA busy_timeout = {_CHECKPOINT_PATIENCE_MS}")
            try:
                busy = cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
            finally:
                cursor.execute(f"PRAGMA busy_timeout = {usual}")
    except DatabaseError as error:
        # The keyset is deleted all the same: whoever deletes the person must not be told otherwise.
        busy = type(error).__name__
    if busy:
        logger.warning("a destroyed keyset stays in SQLite's log until its next checkpoint (%s)", busy)


def _get_or_create(owner: UUID | None, site: Aead) -> Keyset:
    purpose = Keyset.Purpose.ORGANIZATION if owner is None else Keyset.Purpose.USER
    rows = Keyset.objects.filter(purpose=purpose)
    if owner is not None:
        rows = rows.filter(user_id=owner)
    existing = rows.first()
    if existing is not None:
        return existing
    handle = tink.new_keyset_handle(aead.aead_key_templates.AES256_GCM)
    wrapped = proto_keyset_format.serialize_encrypted(handle, site, _place(owner))
    try:
        with transaction.atomic():
            return Keyset.objects.create(purpose=purpose, user_id=owner, wrapped=wrapped)
    except IntegrityError:
        # Another process was first; its keyset is the one.
        return rows.get()


def _place(owner: UUID | None) -> bytes:
    """Binds a wrapped keyset to its owner, so that it cannot be moved to another one."""
    return f"keyset:{owner or 'organization'}".encode()
