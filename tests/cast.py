"""The cast of all tests: Alice is a member, Bob a colleague, Charlie a stranger to both, Dana an administrator."""

from __future__ import annotations

from chatsite.accounts.models import User

PASSWORD = "correct horse battery staple"


def person(name: str) -> User:
    """A member at example.org, who signs in with `PASSWORD`."""
    return User.objects.create_user(f"{name}@example.org", PASSWORD, name=name.title())


def administrator(name: str) -> User:
    """An administrator at example.org, who signs in with `PASSWORD`."""
    return User.objects.create_superuser(f"{name}@example.org", PASSWORD, name=name.title())
