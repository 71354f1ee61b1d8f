"""While the database is away: what says so, and how often it is asked again."""

from __future__ import annotations

from django.db import InterfaceError, OperationalError

DATABASE_AWAY = (OperationalError, InterfaceError)
TRY_AGAIN_AFTER = 2
"""Seconds between two tries."""
