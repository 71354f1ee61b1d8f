"""Statements compiled once: they do what the ORM's own do, with values of every kind that the hot path uses."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models import BinaryField, CharField, DurationField, F, IntegerField, UUIDField
from django.db.models.functions import Now
from django.db.models.sql.compiler import SQLCompiler
from django.test.utils import CaptureQueriesContext

from chatsite.accounts.models import User
from conversations.models import Conversation, Generation, Message, UsageDay
from conversations.models.statements import Delete, Insert, Param, Select, Update

NOW = datetime(2026, 11, 21, 10, 30, 0, 123456, tzinfo=UTC)


def conversation(owner: User, **more: Any) -> Conversation:
    return Conversation(user_id=owner.pk, model="m", created_at=NOW, updated_at=NOW, **more)


def test_what_is_inserted_reads_the_same(alice: User) -> None:
    rows = [conversation(alice, title=b"\x00\xff'%s"), conversation(alice)]
    Insert(Conversation).run(rows)
    for row in rows:
        stored = Conversation.objects.get(pk=row.pk)
        for field in Conversation._meta.concrete_fields:
            assert getattr(stored, field.attname) == getattr(row, field.attname), field


def test_nothing_is_inserted_for_no_rows(db: None, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(0):
        Insert(Conversation).run([])


def test_an_insert_takes_expressions_of_the_database(alice: User) -> None:
    parent = conversation(alice)
    message = Message(conversation=parent, role="assistant", created_at=NOW)
    Insert(Conversation).run([parent])
    Insert(Message).run([message])
    insert = Insert(Generation, lease_until=Now() + Param("lease", DurationField()))
    generation = Generation(message=message, user_id=alice.pk, command=uuid4(), model="m", thinking="off")
    generation.created_at = NOW
    insert.run([generation], lease=timedelta(seconds=90))
    ahead = Generation.objects.annotate(ahead=F("lease_until") - Now()).get().ahead
    assert timedelta(seconds=60) < ahead <= timedelta(seconds=90)


def test_an_upsert_says_whether_the_row_is_new(alice: User) -> None:
    insert = Insert(Conversation, on_conflict="ON CONFLICT (id) DO NOTHING")
    row = conversation(alice)
    assert insert.try_one(row)
    assert not insert.try_one(row)
    row.model = None  # type: ignore[assignment]
    row.id = uuid4()
    with pytest.raises(IntegrityError), transaction.atomic():
        insert.try_one(row)


def test_sums_of_money_and_tokens_are_added(db: None) -> None:
    add = Insert(
        UsageDay,
        on_conflict="ON CONFLICT (user_ref, day, model, currency, simulated) DO UPDATE SET "
        "calls = conversations_usageday.calls + excluded.calls, cost = conversations_usageday.cost + excluded.cost",
    )
    share = UsageDay(user_ref=uuid4(), day=date(2026, 11, 21), model="m", calls=1, cost=Decimal("0.000000123"))
    add.run([share, share])
    stored = UsageDay.objects.get()
    assert (stored.calls, stored.cost) == (2, Decimal("0.000000246"))


def test_a_select_gives_the_values_of_the_columns(alice: User) -> None:
    row = conversation(alice, title=b"abc")
    row.save()
    select = Select(
        lambda: Conversation.objects.filter(pk=Param("id", UUIDField()), model__in=["m", "n"]).values_list(
            "id", "title", "created_at", "user__email", "leaf_id"
        )
    )
    found = select.first(id=row.pk)
    assert [found[0], bytes(found[1]), *found[2:]] == [row.pk, b"abc", NOW, alice.email, None]
    assert select.first(id=uuid4()) is None
    assert select.rows(id=None) == []


def test_an_update_changes_what_its_query_finds(alice: User) -> None:
    one, other = conversation(alice), conversation(alice)
    Insert(Conversation).run([one, other])
    update = Update(
        lambda: Conversation.objects.filter(pk=Param("id", UUIDField()), model=Param("model", CharField())),
        title=Param("title", BinaryField()),
        leaf=None,
    )
    assert update.run(id=one.pk, model="m", title=b"new") == 1
    assert update.run(id=one.pk, model="another", title=b"not") == 0
    assert [bytes(row.title) for row in Conversation.objects.order_by("id")] == [b"new", b""]


def test_a_delete_removes_what_its_query_finds(db: None) -> None:
    for calls in (1, 2, 3):
        UsageDay.objects.create(user_ref=uuid4(), day=date(2026, 11, 21), model="m", calls=calls)
    Delete(lambda: UsageDay.objects.filter(calls__gte=Param("calls", IntegerField()))).run(calls=2)
    assert list(UsageDay.objects.values_list("calls", flat=True)) == [1]


def test_a_statement_is_compiled_once(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    compiled = 0
    as_sql = SQLCompiler.as_sql

    def counted(self: SQLCompiler, *args: Any, **kwargs: Any) -> Any:
        nonlocal compiled
        compiled += 1
        return as_sql(self, *args, **kwargs)

    monkeypatch.setattr(SQLCompiler, "as_sql", counted)
    select = Select(lambda: Conversation.objects.filter(pk=Param("id", UUIDField())).values_list("id"))
    with CaptureQueriesContext(connection) as queries:
        for _ in range(3):
            select.rows(id=uuid4())
    assert (compiled, len(queries)) == (1, 3)


def test_a_statement_says_the_same_in_each_databases_own_words(db: None) -> None:
    with connection.cursor() as cursor:
        for value in (1, 2):
            cursor.execute("SELECT '100%%', CAST(%s AS INTEGER)", [value])
            assert cursor.fetchone() == ("100%", value)
        cursor.execute("SELECT CAST(%(one)s AS INTEGER) + CAST(%(two)s AS INTEGER)", {"one": 1, "two": 2})
        assert cursor.fetchone() == (3,)
        cursor.execute("SELECT 1 WHERE CAST(%s AS INTEGER) IN (" + "%s, " * 1500 + "0)", [7, *range(1500)])
        assert cursor.fetchone() == (1,)
