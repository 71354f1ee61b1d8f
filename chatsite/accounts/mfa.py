"""Second factors: their secrets are encrypted at rest, so that a database dump signs nobody in."""

from __future__ import annotations

import base64
import functools

import tink
from allauth.mfa.adapter import DefaultMFAAdapter
from django.conf import settings
from tink import aead, cleartext_keyset_handle

_PLACE = b"mfa_authenticator.data"


class MFAAdapter(DefaultMFAAdapter):  # type: ignore[misc]
    """Encrypts authenticator secrets and recovery code seeds with the site keyset."""

    def encrypt(self, text: str) -> str:
        return base64.b64encode(_aead().encrypt(text.encode(), _PLACE)).decode("ascii")

    def decrypt(self, encrypted_text: str) -> str:
        """Raises `tink.TinkError` when the site keyset no longer has the key."""
        return bytes(_aead().decrypt(base64.b64decode(encrypted_text), _PLACE)).decode()


@functools.cache
def _aead() -> aead.Aead:
    aead.register()
    handle = cleartext_keyset_handle.read(tink.JsonKeysetReader(settings.ENVIRONMENT.history_keyset))
    return handle.primitive(aead.Aead)
