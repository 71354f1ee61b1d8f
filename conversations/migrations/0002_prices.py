"""Prices of the DeepSeek API as published, history included, so that stored calls can be repriced.

Source: DeepSeek's "Models & Pricing" page and change log, as of 15 November 2026. USD per million tokens, off-peak;
peak is double since 16 August 2026. Peak windows: 09:00-12:00 and 14:00-18:00 Beijing time, Monday to Friday, except
Chinese public holidays.
"""

from __future__ import annotations

from datetime import UTC, datetime, time
from decimal import Decimal
from typing import Any

from django.db import migrations

FLASH = ("deepseek-flash", "deepseek-v4-flash", "deepseek-v4-flash-vision-exp")
PRO = ("deepseek-v4-pro",)

# models, valid from (UTC), cache hit, cache miss, output, peak factor
PRICES = (
    (FLASH, datetime(2026, 4, 24, tzinfo=UTC), "0.028", "0.14", "0.28", 1),
    (FLASH, datetime(2026, 4, 26, tzinfo=UTC), "0.0028", "0.14", "0.28", 1),
    (FLASH, datetime(2026, 8, 16, 16, tzinfo=UTC), "0.007", "0.22", "0.66", 2),
    (FLASH, datetime(2026, 9, 10, tzinfo=UTC), "0.003", "0.15", "0.60", 2),
    (PRO, datetime(2026, 4, 24, tzinfo=UTC), "0.145", "1.74", "3.48", 1),
    (PRO, datetime(2026, 4, 26, tzinfo=UTC), "0.003625", "0.435", "0.87", 1),
    (PRO, datetime(2026, 8, 16, 16, tzinfo=UTC), "0.022", "0.66", "1.98", 2),
)
PEAK_WINDOWS = ((time(1), time(4)), (time(6), time(10)))


def seed(apps: Any, schema_editor: Any) -> None:
    price = apps.get_model("conversations", "Price")
    price.objects.bulk_create(
        price(
            model=model,
            valid_from=valid_from,
            cache_hit=Decimal(hit),
            cache_miss=Decimal(miss),
            output=Decimal(output),
            peak_factor=factor,
        )
        for models, valid_from, hit, miss, output, factor in PRICES
        for model in models
    )
    window = apps.get_model("conversations", "PeakWindow")
    window.objects.bulk_create(window(starts=starts, ends=ends) for starts, ends in PEAK_WINDOWS)


class Migration(migrations.Migration):
    dependencies = (("conversations", "0001_initial"),)
    operations = (migrations.RunPython(seed, migrations.RunPython.noop),)
