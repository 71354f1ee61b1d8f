"""Keeps the sign-in library's table of addresses in step with `User.email`.

Addresses here are vouched for by an administrator (who invites, or edits a person in the admin), so each counts as
verified; people cannot change theirs, and so nobody can take over a colleague's name. The library refuses MFA to
whoever has an unverified address.
"""

from __future__ import annotations

from typing import Any

from allauth.account.models import EmailAddress
from django.db import transaction

from chatsite.accounts.models import User


def keep_in_step(instance: User, update_fields: frozenset[str] | None = None, **kwargs: Any) -> None:
    """Receiver of `post_save`: afterwards the person has exactly one address, primary and verified."""
    if update_fields is not None and "email" not in update_fields:
        return
    with transaction.atomic():
        EmailAddress.objects.filter(user=instance).exclude(email=instance.email).delete()
        EmailAddress.objects.update_or_create(
            user=instance, email=instance.email, defaults={"verified": True, "primary": True}
        )
