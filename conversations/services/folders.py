"""Folders: list, create, rename, delete."""

from __future__ import annotations

from functools import partial
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from conversations.history.cipher import Cipher
from conversations.history.keyring import keyring
from conversations.models import Conversation, Folder
from conversations.services import announcements
from conversations.services.access import Refused
from conversations.services.rows import readable

MAX_NAME = 100
"""Characters of a name."""
MOST = 200
"""Folders of one person."""


class NoSuchFolder(Refused):
    """Not there, or not theirs."""

    def __init__(self) -> None:
        super().__init__("not_found", _("This folder is not there any more. It may have been deleted in another tab."))


def rows(user_id: UUID) -> list[dict[str, Any]]:
    """`{"id", "name"}` of a person's folders, by name. One query."""
    cipher = keyring().user(user_id)
    found = [folder_row(folder, cipher) for folder in Folder.objects.filter(user_id=user_id)]
    return sorted(found, key=lambda row: row["name"].casefold())


def folder_row(folder: Folder, cipher: Cipher) -> dict[str, Any]:
    return {"id": str(folder.pk), "name": readable(folder, "name", cipher)}


def folder_of(user_id: UUID, folder_id: UUID, *, lock: bool = False) -> Folder:
    """The folder, when it is this user's. Raises `NoSuchFolder`."""
    found = Folder.objects.select_for_update() if lock else Folder.objects.all()
    folder = found.filter(pk=folder_id, user_id=user_id).first()
    if folder is None:
        raise NoSuchFolder
    return folder


def create(user_id: UUID, name: str) -> dict[str, Any]:
    """A new folder. Returns its row. Raises `Refused`."""
    name = _checked(name)
    cipher = keyring().user(user_id)
    with transaction.atomic():
        if Folder.objects.filter(user_id=user_id).count() >= MOST:
            raise Refused("too_many_folders", _("You have %d folders, which is the most. None was added.") % MOST)
        folder = Folder(user_id=user_id)
        folder.seal(cipher, name=name)
        folder.save(force_insert=True)
        _announce(user_id)
    return folder_row(folder, cipher)


def rename(user_id: UUID, folder_id: UUID, name: str) -> dict[str, Any]:
    """Returns the folder's row. Raises `NoSuchFolder`, `Refused`."""
    name = _checked(name)
    cipher = keyring().user(user_id)
    with transaction.atomic():
        folder = folder_of(user_id, folder_id, lock=True)
        folder.seal(cipher, name=name)
        folder.save(update_fields=["name"])
        _announce(user_id)
    return folder_row(folder, cipher)


def delete(user_id: UUID, folder_id: UUID) -> None:
    """Remove a folder; its conversations go back to the list. Raises `NoSuchFolder`."""
    with transaction.atomic():
        # Conversations before what they stand in, as with everybody who writes: writers wait and never deadlock.
        held = Conversation.objects.select_for_update().filter(user_id=user_id, folder_id=folder_id).order_by("pk")
        list(held.values_list("pk", flat=True))
        folder_of(user_id, folder_id, lock=True).delete()
        _announce(user_id)


def _checked(name: str) -> str:
    name = " ".join(name.split())
    if not name:
        raise Refused("name_empty", _("A folder needs a name. Nothing was changed."))
    if len(name) > MAX_NAME:
        raise Refused("name_too_long", _("A name has at most %d characters. Nothing was changed.") % MAX_NAME)
    return name


def _announce(user_id: UUID) -> None:
    transaction.on_commit(partial(announcements.list_changed, user_id))
