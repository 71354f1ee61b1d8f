"""What becomes of a person's history when the person is deleted."""

from __future__ import annotations

from typing import Any

from chatsite.accounts.models import User
from conversations.history.keyring import keyring


def destroy_keyset(instance: User, **signal: Any) -> None:
    """Receiver of `pre_delete`: the keyset goes first, whichever way a person is deleted (the admin, a command)."""
    keyring().destroy(instance.pk)
