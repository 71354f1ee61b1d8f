"""Puts made-up usage into the database, as fast as it takes it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import groupby, islice
from operator import attrgetter
from random import Random
from typing import Any
from uuid import UUID

from django.contrib.auth.models import Group
from django.db import connection, models, transaction
from uuid_utils.compat import uuid7

from chatsite.accounts.models import User
from conversations.accounting import call_hours, rollup, site_rollup
from conversations.accounting.sample_usage import Sample, SampleCall
from conversations.accounting.tariff import read_tariff
from conversations.deepseek.calls import FIRST
from conversations.models import BalanceReading, UpstreamCall, UsageDay
from conversations.models.statements import Insert

DOMAIN = "sample.example"
"""Where the made-up people have their addresses: nobody can (RFC 2606)."""
GROUPS = ("Sample: Sales", "Sample: Support", "Sample: Research", "Sample: Legal", "Sample: Development")

_BATCH = 2000


class NotEmpty(Exception):
    """The ledger holds calls already."""


def fill(
    *, calls: int, people: int, days: int, seed: int = 1, progress: Callable[[int], None] = lambda stored: None
) -> None:
    """Make `people` who cannot sign in, in groups, and `calls` calls of theirs on the last `days` days. `progress` is
    told how many calls are stored.

    Raises `NotEmpty` where there is usage already: it could not be told apart any more.
    """
    if UpstreamCall.objects.exists():
        raise NotEmpty
    random = Random(seed)  # noqa: S311 - nothing secret
    sample = Sample(
        people=_make_people(people, random),
        calls=calls,
        days=days,
        until=datetime.now(UTC).date(),
        tariff=read_tariff(),
        random=random,
    )
    stored, account = 0, _Account()
    for of_day in sample.by_day():
        with transaction.atomic():
            BalanceReading.objects.bulk_create(account.readings(of_day))
            _store(UpstreamCall, SampleCall._fields, of_day)
            _store(UsageDay, (*rollup.KEY, *rollup.SUMS), rollup.sums_of(of_day))
        stored += len(of_day)
        progress(stored)
    site_rollup.rebuild()
    for span in call_hours.stale(datetime.now(UTC)):
        call_hours.count(*span)
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE" if connection.in_atomic_block else "VACUUM ANALYZE")


def _make_people(number: int, random: Random) -> list[UUID]:
    users = []
    for count in range(number):
        user = User(id=uuid7(), email=f"person{count + 1}@{DOMAIN}", name=f"Person {count + 1}")
        user.set_unusable_password()
        users.append(user)
    groups = [Group.objects.get_or_create(name=name)[0] for name in GROUPS]
    with transaction.atomic():
        User.objects.bulk_create(users, batch_size=_BATCH)
        through = User.groups.through
        members = [through(user_id=user.pk, group_id=random.choice(groups).pk) for user in users]
        through.objects.bulk_create(members, batch_size=_BATCH)
    return [user.pk for user in users]


class _Account:
    """What the upstream would have said about the balance, at the end of each hour with calls; topped up in time."""

    _LEAST = Decimal(200)
    _TOP_UP = Decimal(2000)

    def __init__(self) -> None:
        self._total = self._TOP_UP

    def readings(self, calls: Iterable[SampleCall]) -> Iterator[BalanceReading]:
        """Of a day whose calls are in the order of time."""
        for hour, of_hour in groupby(calls, lambda call: call.started_at.replace(minute=0, second=0, microsecond=0)):
            costs: dict[str, Decimal] = {}
            for call in of_hour:
                costs[call.currency] = costs.get(call.currency, Decimal(0)) + (call.cost or Decimal(0))
            currency = max(costs)
            self._total -= costs[currency]
            if self._total < self._LEAST:
                self._total += self._TOP_UP
            total = self._total.quantize(Decimal("0.01"))
            yield BalanceReading(
                taken_at=hour + timedelta(hours=1),
                upstream=FIRST,
                currency=currency,
                total=total,
                granted=Decimal(0),
                topped_up=total,
                is_available=True,
            )


def _store(model: type[models.Model], columns: Sequence[str], rows: Iterable[Any]) -> None:
    """`rows` have `columns` as attributes."""
    if connection.vendor == "postgresql":
        _copy(model, columns, rows)
    else:
        Insert(model).run(model(**{name: getattr(row, name) for name in columns}) for row in rows)


def _copy(model: type[models.Model], columns: Sequence[str], rows: Iterable[Any]) -> None:
    names = ", ".join(columns)
    with (
        connection.cursor() as cursor,
        cursor.copy(f"COPY {model._meta.db_table} ({names}) FROM STDIN") as copy,
    ):
        values = map(attrgetter(*columns), rows)
        while batch := list(islice(values, _BATCH)):
            copy.write("".join(map(_line, batch)))


def _line(values: Iterable[Any]) -> str:
    """A row in COPY's text format. None of the made-up values has a sign that would have to be escaped."""
    return "\t".join(["\\N" if value is None else str(value) for value in values]) + "\n"
