"""Statements of the way of a message: built by Django's ORM like all others, but compiled once.

Compiling costs the ORM 0.3 to 0.7 ms a statement, running it in the database a tenth of that; an answer takes fifteen
statements. So these are compiled at their first use, with places for the values, and only filled in from then on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache, cached_property
from typing import Any, ClassVar
from uuid import UUID

from django.db import DEFAULT_DB_ALIAS, connection, connections, models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Expression, Field, QuerySet
from django.db.models.sql import DeleteQuery, InsertQuery, UpdateQuery
from django.db.models.sql.compiler import SQLCompiler
from django.db.transaction import TransactionManagementError


class _Place:
    """Where a value goes; `field` says in which form the database takes it."""

    _SAMPLES: ClassVar = (
        (models.CharField, "text"),
        (models.TextField, "text"),
        (models.IntegerField, 1),
        (models.BooleanField, True),
        (models.UUIDField, UUID(int=1)),
    )

    def __init__(self, name: str, field: Field[Any, Any]) -> None:
        self.name = name
        self._field: Field[Any, Any] = getattr(field, "target_field", field)

    @cached_property
    def _unchanged(self) -> type | None:
        """The type of values that this database takes from this field as they are."""
        for kind, sample in self._SAMPLES:
            if isinstance(self._field, kind) and self._prepared(sample, _database()) is sample:
                return type(sample)
        return None

    def value(self, value: Any, database: BaseDatabaseWrapper) -> Any:
        """What the database gets."""
        return value if type(value) is self._unchanged else self._prepared(value, database)

    def _prepared(self, value: Any, database: BaseDatabaseWrapper) -> Any:
        return self._field.get_db_prep_value(value, database, prepared=False)


class Param(Expression):
    """A value that is known when the statement is run: usable in a query wherever an expression is.

    None is a value like any other, so that `column = NULL` finds nothing.
    """

    def __init__(self, name: str, field: Field[Any, Any]) -> None:
        super().__init__(output_field=field)
        self.place = _Place(name, field)
        """What stands for it among the parameters of SQL."""

    def as_sql(self, compiler: SQLCompiler, connection: Any) -> tuple[str, Any]:
        return "%s", [self.place]


class _Statement:
    """SQL with places, compiled at its first use, since that needs a connection."""

    _compiler: SQLCompiler

    @cached_property
    def _compiled(self) -> tuple[str, tuple[Any, ...]]:
        raise NotImplementedError

    def _filled(self, values: dict[str, Any], database: BaseDatabaseWrapper) -> list[Any]:
        return [
            place.value(values[place.name], database) if type(place) is _Place else place for place in self._compiled[1]
        ]


def _database() -> BaseDatabaseWrapper:
    """This thread's connection itself: each look through Django's proxy for it costs as much as filling in a value."""
    return connections[DEFAULT_DB_ALIAS]


@cache
def columns(model: type[models.Model]) -> tuple[str, ...]:
    """What a `values_list` names so that `model(*row)` makes a row's instance."""
    return tuple(field.attname for field in model._meta.concrete_fields)


class Select(_Statement):
    """Reads rows of a `values_list`."""

    def __init__(self, build: Callable[[], QuerySet[Any, Any]]) -> None:
        self._build = build

    @cached_property
    def _compiled(self) -> tuple[str, tuple[Any, ...]]:
        # Several threads may be first at once: each makes a compiler of its own, and any of them serves all.
        compiler = self._build().query.get_compiler(connection=connection)
        sql, params = compiler.as_sql()
        self._converters = compiler.get_converters([column for column, _, _ in compiler.select[: compiler.col_count]])
        self._compiler = compiler
        return sql, params

    def rows(self, **values: Any) -> list[Any]:
        """All rows, as sequences of the columns. Raises TransactionManagementError outside of a transaction for a query
        that locks them, also on SQLite, which has no such locks.
        """
        database = _database()
        sql, _ = self._compiled
        if self._compiler.query.select_for_update and not database.in_atomic_block:
            raise TransactionManagementError("select_for_update cannot be used outside of a transaction.")
        with database.cursor() as cursor:
            cursor.execute(sql, self._filled(values, database))
            found = cursor.fetchall()
        return list(self._compiler.apply_converters(found, self._converters)) if self._converters else list(found)

    def first(self, **values: Any) -> Any:
        """The first row, or None."""
        found = self.rows(**values)
        return found[0] if found else None


class Update(_Statement):
    """Changes the rows of a query."""

    def __init__(self, build: Callable[[], QuerySet[Any, Any]], **columns: Any) -> None:
        """`columns`: what they are set to, by their names; expressions with `Param`."""
        self._build = build
        self._set = columns

    @cached_property
    def _compiled(self) -> tuple[str, tuple[Any, ...]]:
        query: Any = self._build().query.chain(UpdateQuery)
        query.add_update_values(self._set)
        query.clear_select_clause()
        sql, params = query.get_compiler(connection=connection).as_sql()
        return sql, params

    def run(self, **values: Any) -> int:
        """How many rows were changed."""
        database = _database()
        with database.cursor() as cursor:
            cursor.execute(self._compiled[0], self._filled(values, database))
            return int(cursor.rowcount)

    def run_all(self, rows: Iterable[dict[str, Any]]) -> None:
        """Run it once for the values of each row."""
        database = _database()
        filled = [self._filled(values, database) for values in rows]
        if not filled:
            return
        with database.cursor() as cursor:
            cursor.executemany(self._compiled[0], filled)


class Delete(_Statement):
    """Removes the rows of a query of one table to which no other table points: nothing cascades."""

    def __init__(self, build: Callable[[], QuerySet[Any, Any]]) -> None:
        self._build = build

    @cached_property
    def _compiled(self) -> tuple[str, tuple[Any, ...]]:
        sql, params = self._build().query.chain(DeleteQuery).get_compiler(connection=connection).as_sql()
        return sql, params

    def run(self, **values: Any) -> None:
        database = _database()
        with database.cursor() as cursor:
            cursor.execute(self._compiled[0], self._filled(values, database))


class Insert(_Statement):
    """Stores unsaved rows of a model, or objects with a `__dict__` of its columns."""

    _AUTOMATIC: ClassVar = (models.AutoField,)

    def __init__(self, model: type[models.Model], *, on_conflict: str = "", **columns: Expression) -> None:
        """`columns` are set to expressions, all others to what the row says. `on_conflict`: SQL behind the statement,
        in the words that SQLite and PostgreSQL share.
        """
        self._model = model
        self._on_conflict = on_conflict
        self._set = columns

    @cached_property
    def _fields(self) -> list[Field[Any, Any]]:
        return [field for field in self._model._meta.concrete_fields if not isinstance(field, self._AUTOMATIC)]

    @cached_property
    def _compiled(self) -> tuple[str, tuple[Any, ...]]:
        template = self._model()
        for field in self._fields:
            setattr(template, field.attname, self._set.get(field.name) or Param(field.attname, field))
        query = InsertQuery(self._model)
        query.insert_values(self._fields, [template])
        ((sql, params),) = query.get_compiler(connection=connection).as_sql()
        return f"{sql} {self._on_conflict}", params

    def run(self, rows: Iterable[object], **values: Any) -> None:
        """Store all rows. `values` are for what the expressions name."""
        database = _database()
        filled = [self._filled(vars(row) | values, database) for row in rows]
        if not filled:
            return
        with database.cursor() as cursor:
            cursor.executemany(self._compiled[0], filled)

    def try_one(self, row: models.Model) -> bool:
        """Store a row. False when `on_conflict` left the table as it was."""
        database = _database()
        with database.cursor() as cursor:
            cursor.execute(self._compiled[0], self._filled(vars(row), database))
            return bool(cursor.rowcount)
