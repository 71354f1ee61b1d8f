"""The claim on a new installation: exactly one person becomes its first administrator."""

from __future__ import annotations

from django.contrib.auth.hashers import make_password
from django.db import IntegrityError, transaction

from chatsite.accounts.models import FirstAdministrator, User


class AlreadyClaimed(Exception):
    """The installation has people. Nothing was written."""


def is_open() -> bool:
    """Whether nobody has an account yet. One query."""
    return not User.objects.exists()


def claim(*, email: str, password: str) -> User:
    """Create the first administrator. Raises `AlreadyClaimed`, also for the slower one of two who do it at once."""
    # Hashing takes some 0.3 s: not while SQLite's only write lock is held.
    hashed = make_password(password)
    try:
        with transaction.atomic():
            if not is_open():
                raise AlreadyClaimed
            user = User.objects.create(email=email.lower(), password=hashed, is_staff=True, is_superuser=True)
            # PostgreSQL lets both of two simultaneous claims get here; the key of this row lets one of them through.
            FirstAdministrator.objects.create(user=user)
    except IntegrityError:
        raise AlreadyClaimed from None
    return user
