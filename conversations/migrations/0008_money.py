"""Amounts that SQLite keeps as whole numbers, when a call took its place in the queue, and prices in CNY.

Source of the prices: DeepSeek's "Models & Pricing" page in Chinese and the change log, as of 15 November 2026. CNY per
million tokens, off-peak; peak is double. The page tells CNY for the prices that are valid now, none for earlier ones.
"""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from django.db import migrations, models

from conversations.models.amount import AmountField

FLASH = ("deepseek-flash", "deepseek-v4-flash", "deepseek-v4-flash-vision-exp")
PRO = ("deepseek-v4-pro",)

# models, valid from (UTC), cache hit, cache miss, output
PRICES = (
    (PRO, datetime(2026, 8, 16, 16, tzinfo=UTC), "0.15", "4.5", "13.5"),
    (FLASH, datetime(2026, 9, 10, tzinfo=UTC), "0.02", "1", "4"),
)

# table: columns, and their decimal places
AMOUNTS = {
    "conversations_upstreamcall": {"cost": 9},
    "conversations_usageday": {"cost": 9},
    "conversations_generation": {"cost": 9},
    "conversations_price": {"cache_hit": 6, "cache_miss": 6, "output": 6, "peak_factor": 2},
}


def seed(apps: Any, schema_editor: Any) -> None:
    price = apps.get_model("conversations", "Price")
    for names, valid_from, hit, miss, output in PRICES:
        for model in names:
            values = {"cache_hit": Decimal(hit), "cache_miss": Decimal(miss), "output": Decimal(output)}
            price.objects.get_or_create(
                model=model, valid_from=valid_from, currency="CNY", defaults={**values, "peak_factor": Decimal(2)}
            )


def to_units(apps: Any, schema_editor: Any) -> None:
    """What SQLite kept as a float is exact to its 15th digit: the nearest whole number is what was meant."""
    _convert(schema_editor, "CAST(ROUND({column} * {units}) AS INTEGER)")


def to_floats(apps: Any, schema_editor: Any) -> None:
    _convert(schema_editor, "{column} / {units}.0")


def _convert(schema_editor: Any, expression: str) -> None:
    if schema_editor.connection.vendor != "sqlite":
        return
    for table, columns in AMOUNTS.items():
        assignments = ", ".join(
            f"{column} = {expression.format(column=column, units=10**places)}" for column, places in columns.items()
        )
        schema_editor.execute(f"UPDATE {table} SET {assignments}")  # noqa: S608 - names from above


def _amount(**kwargs: Any) -> AmountField:
    return AmountField(max_digits=18, decimal_places=9, **kwargs)


def _rate() -> AmountField:
    return AmountField(max_digits=12, decimal_places=6)


class Migration(migrations.Migration):
    dependencies = (("conversations", "0007_folders_pins_archive_trash"),)
    operations = (
        migrations.AddField("upstreamcall", "queued_at", models.DateTimeField(null=True)),
        migrations.AlterField("upstreamcall", "cost", _amount(null=True)),
        migrations.AlterField("usageday", "cost", _amount(default=0)),
        migrations.AlterField("generation", "cost", _amount(null=True)),
        migrations.AlterField("price", "cache_hit", _rate()),
        migrations.AlterField("price", "cache_miss", _rate()),
        migrations.AlterField("price", "output", _rate()),
        migrations.AlterField("price", "peak_factor", AmountField(max_digits=5, decimal_places=2, default=1)),
        migrations.RunPython(to_units, to_floats),
        migrations.RunPython(seed, migrations.RunPython.noop),
    )
