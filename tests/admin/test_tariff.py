"""Prices are changed with open eyes: a preview first, and recorded calls only by a repricing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from chatsite.accounts.models import User
from conversations.models import Holiday, PeakWindow, Price, UpstreamCall
from conversations.services import repricing
from tests.admin.chats import call, record

REPRICE = "/admin/conversations/price/reprice/"
COLUMNS = ("model", "currency", "cache_hit", "cache_miss", "output", "peak_factor")


def noon() -> datetime:
    """Of a day lately, off-peak."""
    return datetime.now(UTC).replace(hour=12, minute=0, second=0) - timedelta(days=3)


def flash() -> Price:
    return Price.objects.get(model="deepseek-flash", currency="USD", valid_from__date="2026-09-10")


def form_of(price: Price, **changes: str) -> dict[str, str]:
    form = {name: str(getattr(price, name)) for name in COLUMNS}
    return form | {"valid_from_0": "2026-09-10", "valid_from_1": "00:00:00"} | changes


def preview(client: Client, row: Price | None, form: dict[str, str]) -> Any:
    address = reverse("admin:conversations_price_preview") + (f"?row={row.pk}" if row else "")
    return client.post(address, form)


def test_a_preview_shows_what_a_price_changes_and_saves_nothing(as_dana: Client, alice: User) -> None:
    record(call(alice.pk, started_at=noon()), call(alice.pk, started_at=noon()))
    price = flash()

    page = preview(as_dana, price, form_of(price, output="1.20"))

    (change,) = page.context["changes"]
    assert (change.calls, change.difference) == (2, Decimal("0.0000996"))
    assert flash().output == Decimal("0.60")
    html = page.content.decode()
    assert "0.000207 USD" in html
    assert 'name="output" value="1.20"' in html


def test_what_the_preview_sends_on_saves_the_price(as_dana: Client) -> None:
    price = flash()
    page = preview(as_dana, price, form_of(price, output="1.20"))

    answer = as_dana.post(page.context["action"], dict(page.context["sent"]) | {"_save": "Save"})

    assert answer.status_code == 302, answer.content
    assert flash().output == Decimal("1.20")


def test_a_new_price_of_the_future_is_shown_by_the_calls_of_the_past(as_dana: Client, alice: User) -> None:
    record(call(alice.pk, started_at=noon()))
    tomorrow = (datetime.now(UTC) + timedelta(days=1)).date().isoformat()

    page = preview(as_dana, None, form_of(flash(), output="6", valid_from_0=tomorrow))

    (change,) = page.context["changes"]
    assert change.difference == 83 * Decimal("5.4") / 1_000_000


def test_a_price_of_the_past_changes_nothing_now(as_dana: Client, alice: User) -> None:
    record(call(alice.pk, started_at=noon()))

    page = preview(as_dana, None, form_of(flash(), output="6", valid_from_0="2026-01-01"))

    assert page.context["changes"] == []
    assert "No call of the last 30 days" in page.content.decode()


def test_windows_and_holidays_have_previews_too(as_dana: Client, alice: User) -> None:
    started = noon()
    while started.weekday() > 4:
        started -= timedelta(days=1)
    record(call(alice.pk, started_at=started))

    for kind, form, calls in (
        ("peakwindow", {"starts": "11:00", "ends": "13:00"}, 1),
        ("holiday", {"day": started.date().isoformat(), "name": "Day off"}, 0),
    ):
        page: Any = as_dana.post(reverse(f"admin:conversations_{kind}_preview"), form)
        assert [change.calls for change in page.context["changes"]] == [1] * calls
    assert not Holiday.objects.exists()
    assert PeakWindow.objects.count() == 2


def test_a_preview_of_nonsense_says_what_is_wrong(as_dana: Client) -> None:
    price = flash()
    page = preview(as_dana, price, form_of(price, output="much"))

    assert page.status_code == 200
    assert page.context["adminform"].form.errors["output"]
    assert preview(as_dana, Price(pk=987654), {}).status_code == 404
    assert as_dana.get(reverse("admin:conversations_price_preview")).status_code == 405


def test_the_form_offers_the_preview(as_dana: Client) -> None:
    html = as_dana.get(reverse("admin:conversations_price_change", args=[flash().pk])).content.decode()

    assert f'formaction="{reverse("admin:conversations_price_preview")}?row={flash().pk}"' in html


def test_a_period_is_repriced_after_it_was_looked_at(as_dana: Client, alice: User) -> None:
    record(call(alice.pk, started_at=noon()))
    Price.objects.filter(pk=flash().pk).update(output="1.20")
    day = noon().date().isoformat()
    period = {"since": day, "until": day, "model": ""}

    page = as_dana.get(REPRICE, period)
    assert "1 of 1 calls would change" in page.content.decode()
    assert UpstreamCall.objects.get().cost == Decimal("0.00005361")

    answer = as_dana.post(REPRICE, period, follow=True)
    assert "1 call was repriced" in answer.content.decode()
    assert UpstreamCall.objects.get().cost == Decimal("0.00010341")


def test_a_wrong_period_and_a_long_one_change_nothing(
    as_dana: Client, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    record(call(alice.pk, started_at=noon()))
    Price.objects.filter(pk=flash().pk).update(output="1.20")
    day = noon().date().isoformat()

    assert "before the first" in as_dana.post(REPRICE, {"since": day, "until": "2026-01-01"}).content.decode()
    monkeypatch.setattr(repricing, "MOST_AT_ONCE", 0)
    html = as_dana.post(REPRICE, {"since": day, "until": day}).content.decode()
    assert f"manage.py reprice_usage {day} {day}" in html
    assert UpstreamCall.objects.get().cost == Decimal("0.00005361")


def test_who_may_not_change_prices_sees_neither(client: Client, alice: User) -> None:
    pages = (REPRICE, reverse("admin:conversations_price_preview"))
    for page in pages:
        assert client.post(page).status_code == 302
    client.force_login(alice)
    for page in pages:
        assert client.post(page).status_code in (302, 403, 404)
    alice.is_staff = True
    alice.save()
    for page in pages:
        assert client.post(page, form_of(flash())).status_code == 403


@pytest.mark.parametrize(
    ("mistake", "field"),
    [
        ({"output": "-1"}, "output"),
        ({"cache_hit": "-0.000001"}, "cache_hit"),
        ({"peak_factor": "-2"}, "peak_factor"),
        ({"currency": "U1"}, "currency"),
    ],
)
def test_a_price_that_cannot_be_is_not_saved(as_dana: Client, mistake: dict[str, str], field: str) -> None:
    form = form_of(flash(), valid_from_0="2026-10-01") | mistake
    page: Any = as_dana.post(reverse("admin:conversations_price_add"), form)
    assert field in page.context["adminform"].form.errors


def test_a_currency_is_written_in_one_way(as_dana: Client) -> None:
    form = form_of(flash(), valid_from_0="2026-10-01", currency="usd")
    assert as_dana.post(reverse("admin:conversations_price_add"), form).status_code == 302
    assert Price.objects.get(valid_from__date="2026-10-01").currency == "USD"


def test_a_window_past_midnight_would_never_be_peak(as_dana: Client) -> None:
    page: Any = as_dana.post(reverse("admin:conversations_peakwindow_add"), {"starts": "22:00", "ends": "02:00"})
    assert "ends" in page.context["adminform"].form.errors
    assert PeakWindow.objects.count() == 2
