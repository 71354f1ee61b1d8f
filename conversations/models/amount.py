"""Amounts of money and prices, exact in every database."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.db import models


class AmountField(models.DecimalField):  # type: ignore[type-arg]
    """A `Decimal` that is never a float on its way.

    PostgreSQL keeps it as `numeric`. SQLite knows no exact decimals: it would keep and add up floats. There it is a
    whole number of the smallest unit, 10^-decimal_places, and so are sums, differences and comparisons. In queries give
    constants beside it the field as well (`Value(Decimal(0), AmountField(...))`, `Sum(..., default=...)`).
    """

    def get_internal_type(self) -> str:
        return "AmountField"

    def db_type(self, connection: Any) -> str:
        if connection.vendor == "sqlite":
            return "bigint"
        return f"numeric({self.max_digits}, {self.decimal_places})"

    def rel_db_type(self, connection: Any) -> str:
        return self.db_type(connection)

    def cast_db_type(self, connection: Any) -> str:
        return self.db_type(connection)

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:
        if not prepared:
            value = self.get_prep_value(value)
        if not isinstance(value, Decimal) or connection.vendor != "sqlite":
            return value
        return int(value.scaleb(self.decimal_places).to_integral_value())

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Decimal | None:
        if value is None or connection.vendor != "sqlite":
            return value  # type: ignore[no-any-return]
        return Decimal(int(value)).scaleb(-self.decimal_places)
