"""Presets: a person's own, and those that administrators share with everybody."""

from __future__ import annotations

import logging
from typing import Any
from uuid import UUID

import msgspec
from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext

from chatsite.accounts.acting import Actor
from chatsite.accounts.models import User
from conversations.generation import options as options_format
from conversations.generation.options import DEFAULT, Options
from conversations.history.cipher import Cipher, Unreadable
from conversations.history.keyring import keyring
from conversations.models import Preset
from conversations.services import audit
from conversations.services.access import NotFound, Refused
from conversations.services.instructions import check_instructions
from conversations.services.models import check_model
from conversations.services.options import check_options

logger = logging.getLogger(__name__)

MAX_NAME = 80
"""Characters of a preset's name."""
MOST = 200
"""Presets of one person, and shared ones: more are a mistake of some script."""


class Content(msgspec.Struct, frozen=True):
    """What a preset sets. An empty model leaves model and thinking as they are."""

    name: str
    instructions: str = ""
    model: str = ""
    thinking: str = ""
    options: Options = DEFAULT


def manages_shared(user: User) -> bool:
    """Whether they may write presets for everybody."""
    return user.is_staff and user.has_perm("conversations.change_preset")


def preset_rows(user: User) -> list[dict[str, Any]]:
    """Their own presets and the shared ones, by name. One query."""
    found = Preset.objects.filter(Q(user=user) | Q(user=None))
    ciphers = {None: keyring().organization(), user.pk: keyring().user(user.pk)}
    rows = [row for preset in found if (row := _row(preset, ciphers[preset.user_id])) is not None]
    return sorted(rows, key=lambda row: (row["shared"], row["name"].casefold(), row["id"]))


def own_rows(user_id: UUID) -> list[dict[str, Any]]:
    """A person's own presets, in the order of their making. One query."""
    cipher = keyring().user(user_id)
    found = Preset.objects.filter(user_id=user_id).order_by("pk")
    return [row for preset in found if (row := _row(preset, cipher)) is not None]


def create(user: User, content: Content, *, shared: bool, address: str = "") -> dict[str, Any]:
    """A new preset. Returns its row. Raises `Refused`. `address`, here and below: where the request came from, for the
    audit log, which tells of shared presets.
    """
    owner = None if shared else user
    _check_may_write(user, owner)
    if Preset.objects.filter(user=owner).count() >= MOST:
        raise Refused(
            "too_many_presets", gettext("There are %(most)s presets already. Delete one first.") % {"most": MOST}
        )
    preset = Preset(user=owner)
    fill(preset, content)
    with transaction.atomic():
        preset.save()
        _note(user, address, audit.ADDED, preset, {}, audit.columns_of(preset))
    return shown(preset, cipher_of(preset))


def change(user: User, preset_id: UUID, content: Content, *, address: str = "") -> dict[str, Any]:
    """Write a preset anew. Returns its row. Raises `Refused`."""
    preset = _writable(user, preset_id)
    old = audit.columns_of(preset)
    fill(preset, content)
    with transaction.atomic():
        preset.save()
        _note(user, address, audit.CHANGED, preset, old, audit.columns_of(preset))
    return shown(preset, cipher_of(preset))


def delete(user: User, preset_id: UUID, *, address: str = "") -> None:
    """Remove a preset. Chats that were started from it keep their settings. Raises `Refused`."""
    preset = _writable(user, preset_id)
    with transaction.atomic():
        _note(user, address, audit.DELETED, preset, audit.columns_of(preset), {})
        preset.delete()


def fill(preset: Preset, content: Content) -> None:
    """Check and seal; saving is the caller's. Raises `Refused`, which names the field."""
    name = " ".join(content.name.split())
    if not name or len(name) > MAX_NAME:
        raise Refused(
            "preset_name",
            gettext("A preset needs a name of at most %(most)s characters.") % {"most": MAX_NAME},
            field="name",
        )
    check_instructions(content.instructions)
    check_options(content.options)
    if content.model:
        check_model(content.model, content.thinking or "off")
    preset.seal(
        cipher_of(preset),
        name=name,
        instructions=content.instructions.strip(),
        options=content.options.encode(),
    )
    preset.model = content.model
    preset.thinking = (content.thinking or "off") if content.model else ""


def shown(preset: Preset, cipher: Cipher) -> dict[str, Any]:
    """A preset as pages show it. Raises `Unreadable`."""
    return {
        "id": str(preset.pk),
        "shared": preset.user_id is None,
        "name": preset.unseal(cipher, "name"),
        "instructions": preset.unseal(cipher, "instructions"),
        "model": preset.model,
        "thinking": preset.thinking,
        "options": options_format.decode(preset.unseal(cipher, "options")).shown(),
    }


def cipher_of(preset: Preset) -> Cipher:
    """The owner's cipher, or the organization's for a shared one."""
    return keyring().organization() if preset.user_id is None else keyring().user(preset.user_id)


def _row(preset: Preset, cipher: Cipher) -> dict[str, Any] | None:
    """One that cannot be decrypted must not hide all others."""
    try:
        return shown(preset, cipher)
    except Unreadable as unreadable:
        logger.error("%s", unreadable)
        return None


def _note(
    user: User, address: str, action: str, preset: Preset, old: dict[str, object], new: dict[str, object]
) -> None:
    if preset.user_id is None:
        audit.record(Actor(user.email, user.pk, address), action, preset, old, new)


def _writable(user: User, preset_id: UUID) -> Preset:
    preset = Preset.objects.filter(Q(user=user) | Q(user=None), pk=preset_id).first()
    if preset is None:
        raise NotFound(gettext("This preset is not there any more. It may have been deleted."))
    _check_may_write(user, preset.user)
    return preset


def _check_may_write(user: User, owner: User | None) -> None:
    if owner is None and not manages_shared(user):
        raise Refused("not_allowed", gettext("Only administrators change what everybody shares. Save it as your own."))
