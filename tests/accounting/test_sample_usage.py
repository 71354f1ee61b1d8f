"""Made-up usage adds up as real usage does."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from io import StringIO
from random import Random

import pytest
from django.core.management import CommandError, call_command
from uuid_utils.compat import uuid7

from chatsite.accounts.models import User
from conversations.accounting import ledger
from conversations.accounting.reconciliation import against_balance
from conversations.accounting.sample_usage import Sample
from conversations.accounting.tariff import read_tariff
from conversations.models import CallHour, UpstreamCall
from tests.accounting.books import assert_books_agree

pytestmark = pytest.mark.django_db


def test_the_command_fills_an_empty_ledger_once() -> None:
    call_command("make_sample_usage", calls=600, people=20, days=30, stdout=StringIO())

    assert (UpstreamCall.objects.count(), User.objects.count()) == (600, 20)
    assert not any(user.has_usable_password() for user in User.objects.all())
    assert all(user.groups.count() == 1 for user in User.objects.all())
    assert_books_agree()
    assert CallHour.objects.count() > 30
    days = against_balance(datetime.now(UTC).date() - timedelta(days=20), datetime.now(UTC).date())
    assert days
    assert all(abs(day.drift) <= Decimal("0.01") for day in days if not day.rose)
    with pytest.raises(CommandError, match="holds calls already"):
        call_command("make_sample_usage", calls=1, people=1, days=1)


def test_amounts_are_what_the_ledger_would_have_said() -> None:
    call_command("make_sample_usage", calls=400, people=5, days=200, stdout=StringIO())

    for call in UpstreamCall.objects.all():
        stored = (call.price_id, call.peak, call.cost, call.currency)
        again = ledger.priced(call)
        assert (again.price_id, again.peak, again.cost, again.currency) == stored


def test_the_same_seed_gives_the_same_usage() -> None:
    people = [uuid7() for _ in range(9)]

    def calls() -> list[object]:
        sample = Sample(
            people=people,
            calls=300,
            days=40,
            until=datetime(2026, 11, 1, tzinfo=UTC).date(),
            tariff=read_tariff(),
            random=Random(7),
        )
        return [call for day in sample.by_day() for call in day]

    assert calls() == calls()


def test_it_looks_like_an_organizations_usage() -> None:
    sample = Sample(
        people=[uuid7() for _ in range(50)],
        calls=6000,
        days=140,
        until=datetime(2026, 11, 1, tzinfo=UTC).date(),
        tariff=read_tariff(),
        random=Random(7),
    )
    calls = [call for day in sample.by_day() for call in day]

    assert len(calls) == 6000
    assert sum(call.started_at.weekday() > 4 for call in calls) < 600
    assert {call.purpose for call in calls} == {"answer", "title", "summary"}
    assert {"balance_exhausted", "stalled", "content_filter"} <= {call.error_code for call in calls}
    assert all(call.started_at <= call.ended_at and call.started_at.date() == call.ended_at.date() for call in calls)
    busiest = Counter(call.user_ref for call in calls).most_common()
    assert busiest[0][1] > 1.5 * busiest[-1][1]
