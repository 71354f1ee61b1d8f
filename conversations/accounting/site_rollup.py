"""The rollup of the whole site. It changes together with the people's rollup, in the same transaction."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F, Sum, Value

from conversations.models import SiteDay, UsageDay
from conversations.models.statements import Insert


@dataclass(kw_only=True)
class Sums:
    """What calls add up to."""

    calls: int = 0
    failures: int = 0
    estimated_calls: int = 0
    cache_hit_tokens: int = 0
    cache_miss_tokens: int = 0
    output_tokens: int = 0
    reasoning_tokens: int = 0
    cost: Decimal = Decimal(0)

    def add(self, other: Sums) -> None:
        """Add what has the same names."""
        for name in SUMS:
            setattr(self, name, getattr(self, name) + getattr(other, name))


@dataclass(kw_only=True)
class Share(Sums):
    """What one person's calls add to a day: the columns of a `UsageDay`, without what an instance of a model costs."""

    user_ref: UUID
    day: date
    model: str
    currency: str
    simulated: bool


@dataclass(kw_only=True)
class _Part(Sums):
    """The columns of a `SiteDay`."""

    day: date
    model: str
    currency: str
    simulated: bool
    part: int


KEY = ("day", "model", "currency", "simulated", "part")
SUMS = tuple(field.name for field in fields(Sums))

_add = Insert(
    SiteDay,
    on_conflict=f"ON CONFLICT ({', '.join(KEY)}) DO UPDATE SET "
    + ", ".join(f"{name} = {SiteDay._meta.db_table}.{name} + excluded.{name}" for name in SUMS),
)


def add(shares: Iterable[Share]) -> None:
    """Count in what is being added to people's days."""
    _add.run(_parts(shares))


def take(shares: Iterable[Share]) -> None:
    """Count out what is being taken from people's days. A part without calls is no row."""
    for part in _parts(shares):
        rows = SiteDay.objects.filter(**{name: getattr(part, name) for name in KEY})
        # With the column's own field: SQLite keeps amounts in another unit than a bare decimal would be in.
        columns: dict[str, Any] = {name: SiteDay._meta.get_field(name) for name in SUMS}
        rows.update(**{name: F(name) - Value(getattr(part, name), field) for name, field in columns.items()})
        rows.filter(calls=0).delete()


@transaction.atomic
def rebuild(since: date | None = None, until: date | None = None) -> None:
    """Add up people's days anew, those from `since` to `until` or all of them: after rows were written to that table by
    other means. Not while answers end.
    """
    chosen: dict[str, Any] = {"day__gte": since} if since else {}
    chosen |= {"day__lte": until} if until else {}
    SiteDay.objects.filter(**chosen).delete()
    # Who reads adds the parts: sums of all people may well be in the first one.
    days: Any = UsageDay.objects.filter(**chosen).values("day", "model", "currency", "simulated").order_by()
    rows = days.annotate(**{f"all_{name}": Sum(name) for name in SUMS})
    SiteDay.objects.bulk_create(
        (
            SiteDay(**{name: row[name] for name in KEY[:-1]}, part=0, **{name: row[f"all_{name}"] for name in SUMS})
            for row in rows.iterator()
        ),
        batch_size=500,
    )


def _parts(shares: Iterable[Share]) -> list[_Part]:
    """In the order of the key: whoever locks several rows locks them in it."""
    parts: dict[tuple[Any, ...], _Part] = {}
    for share in shares:
        number = share.user_ref.int % SiteDay.PARTS
        key = (share.day, share.model, share.currency, share.simulated, number)
        part = parts.get(key)
        if part is None:
            part = parts[key] = _Part(
                day=share.day, model=share.model, currency=share.currency, simulated=share.simulated, part=number
            )
        part.add(share)
    return [parts[key] for key in sorted(parts)]
