"""Which process does what has to be done from time to time: whichever claims it first."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from django.db.models.functions import Now

from conversations.models import Duty

_AFTER_START = timedelta(seconds=10)
"""A new installation has other things to do in its first moments."""


def ensure(names: Iterable[str]) -> None:
    """Make the rows that are missing."""
    Duty.objects.bulk_create([Duty(name=name, due_at=Now() + _AFTER_START) for name in names], ignore_conflicts=True)


def due() -> list[str]:
    """The duties that wait to be done. One query."""
    return list(Duty.objects.filter(due_at__lte=Now()).values_list("name", flat=True))


def claim(name: str, every: timedelta) -> bool:
    """Whether the caller is the one to do it now. The next time is `every` from now, also when the caller dies."""
    return bool(Duty.objects.filter(name=name, due_at__lte=Now()).update(due_at=Now() + every))


def again(name: str, after: timedelta) -> None:
    """The next time is to be `after` from now instead."""
    Duty.objects.filter(name=name).update(due_at=Now() + after)
