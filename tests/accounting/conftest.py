"""Ledger rows, and a tariff that is read anew for each test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from uuid_utils.compat import uuid7

from conversations.accounting import tariff
from conversations.models import UpstreamCall

MakeCall = Callable[..., UpstreamCall]
SATURDAY = datetime(2026, 10, 3, 12, tzinfo=UTC)
"""Off-peak all day."""


@pytest.fixture(autouse=True)
def _fresh_tariff() -> Iterator[None]:
    tariff.forget()
    yield
    tariff.forget()


@pytest.fixture
def make_call() -> MakeCall:
    """Makes unsaved rows of calls of one person: by default the check value of the price list, on a Saturday."""
    person: UUID = uuid7()

    def make(**columns: Any) -> UpstreamCall:
        started: datetime = columns.pop("started_at", SATURDAY)
        given: dict[str, Any] = {
            "user_ref": person,
            "purpose": UpstreamCall.Purpose.ANSWER,
            "model_asked": "deepseek-flash",
            "started_at": started,
            "ended_at": started + timedelta(seconds=2),
            "cache_hit_tokens": 320,
            "cache_miss_tokens": 19,
            "output_tokens": 83,
        }
        return UpstreamCall(**given | columns)

    return make
