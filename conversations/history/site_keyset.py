"""The site keyset: making one and reading one. Pure: no Django, so that an installation can be prepared before its
settings.
"""

from __future__ import annotations

import tink
from tink import aead, json_proto_keyset_format, secret_key_access

from conversations.history.cipher import Aead

aead.register()


class UnusableKeyset(Exception):
    """The text is not an AEAD keyset. Quotes nothing of it."""


def generate() -> str:
    """A new site keyset (AES-256-GCM) as one line of Tink's JSON. It is the key to everything: keep it apart from
    backups.
    """
    handle = tink.new_keyset_handle(aead.aead_key_templates.AES256_GCM)
    text = str(json_proto_keyset_format.serialize(handle, secret_key_access.TOKEN))
    return " ".join(text.split())


def parse(text: str) -> Aead:
    """The AEAD primitive of a site keyset. Raises `UnusableKeyset`."""
    try:
        handle = json_proto_keyset_format.parse(text, secret_key_access.TOKEN)
        primitive: Aead = handle.primitive(aead.Aead)
    except Exception:  # noqa: BLE001 - Tink raises many classes, and their texts may quote the keyset
        raise UnusableKeyset from None
    return primitive


if __name__ == "__main__":
    print(generate())  # noqa: T201 - what it is run for: the operator puts it where secrets are kept
