"""`manage.py reprice_usage`."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from conversations.accounting import ledger
from conversations.models import Price, UpstreamCall
from tests.accounting.conftest import SATURDAY, MakeCall

pytestmark = pytest.mark.django_db


def run(*arguments: str) -> str:
    said = StringIO()
    day = SATURDAY.date()
    call_command("reprice_usage", str(day), str(day), *arguments, stdout=said, stderr=said)
    return said.getvalue()


def test_it_looks_first_and_changes_when_told_to(make_call: MakeCall) -> None:
    ledger.record([make_call()])
    Price.objects.filter(model="deepseek-flash").update(output="1.20")

    assert "1 of 1 calls would change" in run()
    assert UpstreamCall.objects.get().cost == Decimal("0.00005361")
    assert "1 of 1 calls changed" in run("--apply")
    assert UpstreamCall.objects.get().cost == Decimal("0.00010341")
    assert "0 of 0 calls would change" in run("--model", "deepseek-v4-pro")


def test_days_have_an_order() -> None:
    with pytest.raises(CommandError, match="before the first"):
        call_command("reprice_usage", str(SATURDAY.date()), str(SATURDAY.date() - timedelta(days=1)))
