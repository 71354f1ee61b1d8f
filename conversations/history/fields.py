"""Columns that hold ciphertext, and rows that seal and open them.

Reading takes a cipher in hand: no attribute access, template, admin page or `repr` can decrypt by accident.
"""

from __future__ import annotations

from typing import Any

from django.db import models

from conversations.history.cipher import Cipher


class SealedField(models.BinaryField):  # type: ignore[type-arg]
    """A column of ciphertext (see `conversations.history.cipher`), empty by default and in no form."""

    def __init__(self, **kwargs: Any) -> None:
        for name, value in (("default", bytes), ("blank", True), ("editable", False)):
            kwargs.setdefault(name, value)
        super().__init__(**kwargs)

    def place(self, row_id: object) -> str:
        """Where a value lies: what its ciphertext is bound to."""
        return f"{self.model._meta.db_table}.{self.column}:{row_id}"


class SealedRow(models.Model):
    """A row with sealed columns. Its key must be known before it is sealed (UUIDv7 defaults are)."""

    class Meta:
        abstract = True

    def seal(self, cipher: Cipher, **texts: str) -> None:
        """Put ciphertext into the named sealed columns; saving is the caller's."""
        for name, text in texts.items():
            setattr(self, name, cipher.seal(text, sealed_field(type(self), name).place(self.pk)))

    def seal_bytes(self, cipher: Cipher, **contents: bytes) -> None:
        """As `seal`, for what is no text."""
        for name, content in contents.items():
            setattr(self, name, cipher.seal_bytes(content, sealed_field(type(self), name).place(self.pk)))

    def unseal(self, cipher: Cipher, name: str) -> str:
        """The text of a sealed column. Raises `Unreadable`."""
        return cipher.open(getattr(self, name), sealed_field(type(self), name).place(self.pk))

    def unseal_bytes(self, cipher: Cipher, name: str) -> bytes:
        """The content of a sealed column that is no text. Raises `Unreadable`."""
        return cipher.open_bytes(getattr(self, name), sealed_field(type(self), name).place(self.pk))


def sealed_field(model: type[models.Model], name: str) -> SealedField:
    """The sealed column `name` of `model`. Raises TypeError for any other column."""
    field = model._meta.get_field(name)
    if not isinstance(field, SealedField):
        raise TypeError(f"{model.__name__}.{name} is not sealed")
    return field
