"""The people whom the ledger names by opaque ids. It outlives them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.utils.translation import gettext

from chatsite.accounts.models import User


@dataclass(frozen=True, slots=True)
class Person:
    """`email` is None when the account does not exist any more."""

    ref: UUID
    email: str | None

    @property
    def label(self) -> str:
        return self.email or gettext("deleted person {ref}").format(ref=self.ref)


def people(refs: Iterable[UUID]) -> dict[UUID, Person]:
    """The people behind opaque ids. One query."""
    wanted = set(refs)
    emails = dict(User.objects.filter(pk__in=wanted).values_list("pk", "email"))
    return {ref: Person(ref, emails.get(ref)) for ref in wanted}


def find_person(text: str) -> Person | None:
    """The person with this e-mail address or opaque id; ids of deleted people count. None when there is nobody."""
    text = text.strip()
    try:
        ref = UUID(text)
    except ValueError:
        row = User.objects.filter(email=text.lower()).values_list("pk", "email").first()
        return Person(*row) if row else None
    return people([ref])[ref]
