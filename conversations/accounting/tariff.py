"""The tariff of this installation, read from the price tables."""

from __future__ import annotations

import time as clock
from threading import Lock

from django.conf import settings

from conversations.accounting.prices import PriceRow, Tariff
from conversations.models import Holiday, PeakWindow, Price

_KEEP = 60.0
"""Seconds for which a read tariff is used: a changed price is in effect everywhere within a minute."""

_lock = Lock()
_cached: tuple[float, Tariff] | None = None


def current_tariff() -> Tariff:
    """The tariff, at most a minute old. Three queries when it is read anew."""
    global _cached
    with _lock:
        if _cached is not None and clock.monotonic() - _cached[0] < _KEEP:
            return _cached[1]
    tariff = read_tariff()
    with _lock:
        _cached = (clock.monotonic(), tariff)
    return tariff


def forget() -> None:
    """Read the tariff anew for the next call: its tables were changed in this process."""
    global _cached
    with _lock:
        _cached = None


def read_tariff() -> Tariff:
    """The tariff as the tables say now."""
    return Tariff(
        rows=tuple(map(row_of, Price.objects.all())),
        windows=tuple((window.starts, window.ends) for window in PeakWindow.objects.all()),
        holidays=frozenset(Holiday.objects.values_list("day", flat=True)),
        currency=settings.ENVIRONMENT.billing_currency,
    )


def row_of(price: Price) -> PriceRow:
    """A price as the tariff knows it; one that was never saved has the id 0."""
    return PriceRow(
        price.pk or 0,
        price.model,
        price.valid_from,
        price.currency,
        price.cache_hit,
        price.cache_miss,
        price.output,
        price.peak_factor,
    )
