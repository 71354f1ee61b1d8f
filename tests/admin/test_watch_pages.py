"""Balance, failures and moderation as administrators see them, with the review queue and pauses."""

from __future__ import annotations

import csv
import dataclasses
import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from io import StringIO
from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission
from django.test import Client
from django.urls import reverse
from uuid_utils.compat import uuid7

from chatsite.accounts.models import User
from chatsite.accounts.roles import MODERATORS
from conversations.accounting import call_hours
from conversations.accounting.selection import Selection
from conversations.admin.rows import calls_address
from conversations.deepseek import Balance, BalanceInfo
from conversations.models import (
    Alert,
    AuditEntry,
    BalanceMark,
    BalanceReading,
    Pause,
    ReviewCase,
    UpstreamCall,
    WatchRules,
)
from conversations.services import alerts, balance, moderation
from tests.admin.chats import MARK, call, record

NOW = datetime.now(UTC)
QUEUE = "/admin/conversations/reviewcase/"


def file(client: Client, address: str, **query: str) -> list[dict[str, str]]:
    answer: Any = client.get(address, {"format": "csv"} | query)
    return list(csv.DictReader(StringIO(b"".join(answer.streaming_content).decode())))


@pytest.fixture
def readings(db: None) -> None:
    for days in range(20, -1, -1):
        infos = (
            BalanceInfo("USD", Decimal(10 + 2 * days), Decimal(1), Decimal(9 + 2 * days)),
            BalanceInfo("CNY", Decimal(100)),
        )
        asked_at = NOW - timedelta(days=days)
        balance.note("deepseek", Balance(True, infos), simulated=False, asked_at=asked_at)


@pytest.mark.usefixtures("readings")
def test_the_balance_page_shows_what_is_left_and_when_it_ends(as_dana: Client) -> None:
    answer = as_dana.get("/admin/balance/")
    html = " ".join(answer.content.decode().split())

    by_currency = {account.reading.currency: account for account in answer.context["accounts"]}
    seven, thirty = by_currency["USD"].forecasts
    assert [round(each.a_day, 3) for each in (seven, thirty)] == [Decimal(2), Decimal(2)]
    assert (NOW + timedelta(days=5)).strftime("%Y-%m-%d") in html
    assert by_currency["CNY"].ending is None
    assert [(chart.unit, len(chart.moments)) for chart in answer.context["charts"]] == [("CNY", 21), ("USD", 21)]
    assert "may run out on" in html  # the mark of seven days
    rows = file(as_dana, "/admin/balance/")
    assert len(rows) == 42
    assert {"upstream": "deepseek", "currency": "USD", "total": "10.000000", "granted": "1.000000"}.items() <= rows[
        1
    ].items()
    chart = file(as_dana, "/admin/balance/", table="balance-usd")
    assert [row["deepseek (USD)"] for row in chart][-2:] == ["12.000000", "10.000000"]


def test_a_balance_that_was_never_read(as_dana: Client) -> None:
    assert "No balance has been read yet" in as_dana.get("/admin/balance/").content.decode()


def test_marks_are_an_amount_or_days(as_dana: Client) -> None:
    BalanceMark.objects.all().delete()
    add = "/admin/conversations/balancemark/add/"

    for fields in ({"amount": "5"}, {}, {"currency": "usd", "amount": "5", "days": "3"}):
        assert as_dana.post(add, {"currency": "", "amount": "", "days": ""} | fields).status_code == 200
    as_dana.post(add, {"currency": "usd", "amount": "5", "days": ""})
    as_dana.post(add, {"currency": "", "amount": "", "days": "3"})

    assert list(BalanceMark.objects.values_list("currency", "amount", "days")) == [
        ("", None, 3),
        ("USD", Decimal(5), None),
    ]


@pytest.fixture
def failed(alice: User, bob: User) -> None:
    started = NOW - timedelta(hours=1)
    for user in (alice, bob):
        record(call(user.pk, started_at=started, error_code="overloaded", finish_reason="", http_status=503))
    record(call(bob.pk, started_at=started, error_code="stalled", finish_reason="", upstream="spare"))
    record(call(bob.pk, started_at=started, first_token_at=started + timedelta(seconds=1)))
    for since, until in call_hours.stale(NOW):
        call_hours.count(since, until)


@pytest.fixture
def here_and_now(settings: Any) -> None:
    """Not the demo mode, whose calls are simulated."""
    settings.ENVIRONMENT = dataclasses.replace(settings.ENVIRONMENT, demo=False)


@pytest.mark.usefixtures("failed", "here_and_now")
def test_failures_are_counted_and_lead_to_their_rows(as_dana: Client) -> None:
    alerts.raised(
        "failures", "deepseek", {"upstream": "deepseek", "failed": 5, "calls": 9, "minutes": 10, "error": "x"}
    )
    answer = as_dana.get("/admin/failures/")
    html = answer.content.decode()

    assert (answer.context["failed"], answer.context["calls"]) == (3, 4)
    assert "5 of 9 calls to DeepSeek failed" in html
    for entry in answer.context["page"]:
        rows = as_dana.get(entry["address"]).context["cl"].result_list
        assert len(rows) == entry["row"].calls
    assert [(model, upstream, round(row.half or 0)) for model, upstream, row in answer.context["latencies"]] == [
        ("deepseek-flash", "deepseek", 1),
        ("deepseek-flash", "spare", 0),
    ]
    for by in ("moment", "model", "upstream"):
        assert sum(int(row["calls"]) for row in file(as_dana, "/admin/failures/", by=by)) == 3
    assert {row["upstream"] for row in file(as_dana, "/admin/failures/", by="upstream")} == {"deepseek", "spare"}
    assert file(as_dana, "/admin/failures/", table="latency")[0]["first token p50 (s)"].startswith(("1", "0.9"))
    assert file(as_dana, "/admin/failures/", table="incidents")[0]["kind"] == "failures"
    today = NOW.date().isoformat()
    hourly = as_dana.get("/admin/failures/", {"since": today, "until": today, "by": "moment"})
    assert hourly.status_code == 200


@pytest.mark.usefixtures("failed", "here_and_now")
def test_the_hours_of_a_chart_lead_to_their_rows(as_dana: Client, alice: User) -> None:
    started = UpstreamCall.objects.filter(error_code="stalled").get().started_at
    record(call(alice.pk, started_at=started, error_code="moderation"))
    record(call(alice.pk, started_at=started, error_code="stalled", simulated=True))
    today = NOW.date().isoformat()
    answer = as_dana.get("/admin/failures/", {"since": (NOW - timedelta(days=1)).date().isoformat(), "until": today})

    chart = answer.context["charts"][0]
    counts = [sum(values) for values in zip(*(series.values for series in chart.series), strict=True)]
    found = [
        len(as_dana.get(link).context["cl"].result_list) for link in chart.links if counts[chart.links.index(link)]
    ]
    assert found == [count for count in counts if count] == [3]


@pytest.fixture
def cases(alice: User, bob: User) -> None:
    ended = {"finish_reason": "content_filter", "error_code": "content_filter"}
    record(*(call(alice.pk, **ended) for _ in range(3)), call(bob.pk, **ended), call(uuid7(), **ended))
    moderation.collect()


@pytest.mark.usefixtures("cases")
def test_moderation_counts_people_and_leads_to_the_queue(as_dana: Client) -> None:
    answer = as_dana.get("/admin/moderation/")

    first, _address = answer.context["rows"][0]
    assert (first.person.email, first.cases, first.open) == ("alice@example.org", 3, 3)
    assert "was refused 3 times" in " ".join(answer.content.decode().split())
    for row, address in answer.context["rows"]:
        assert len(as_dana.get(address).context["cl"].result_list) == row.cases
    for _label, number, address in answer.context["states"]:
        assert len(as_dana.get(address).context["cl"].result_list) == number
    assert sum(int(row["cases"]) for row in file(as_dana, "/admin/moderation/")) == 5
    assert sum(int(row["filtered answers (count)"]) for row in file(as_dana, "/admin/moderation/", table="ends")) == 5


@pytest.mark.usefixtures("cases")
def test_a_moderator_reviews_and_reads_the_note_again(alice: User, dana: User, as_dana: Client) -> None:
    case = ReviewCase.objects.filter(user_ref=alice.pk)[0]
    address = f"{QUEUE}{case.pk}/change/"

    assert as_dana.post(address, {"state": "dismissed", "remark": f"{MARK} note"}).status_code == 302
    case.refresh_from_db()
    assert (case.state, case.reviewer) == ("dismissed", dana)
    assert f"{MARK} note" in as_dana.get(address).content.decode()
    assert MARK not in as_dana.get(QUEUE).content.decode()
    assert MARK not in as_dana.get(reverse("admin:conversations_reviewcase_history", args=[case.pk])).content.decode()

    others = [str(each.pk) for each in ReviewCase.objects.filter(state="open")]
    as_dana.post(QUEUE, {"action": "mark_reviewed", "_selected_action": others})
    assert set(ReviewCase.objects.values_list("state", flat=True)) == {"reviewed", "dismissed"}
    assert as_dana.get(f"{QUEUE}add/").status_code == 403
    assert as_dana.post(f"{QUEUE}{case.pk}/delete/", {"post": "yes"}).status_code == 403


@pytest.mark.usefixtures("cases")
def test_who_may_only_look_cannot_decide(bob: User, client: Client) -> None:
    bob.is_staff = True
    bob.save()
    bob.user_permissions.set([Permission.objects.get(codename="view_reviewcase")])
    client.force_login(bob)
    case = ReviewCase.objects.all()[0]

    page = client.get(f"{QUEUE}{case.pk}/change/")
    assert page.status_code == 200
    assert "remark" not in page.content.decode()
    assert client.get("/admin/moderation/").status_code == 200
    client.post(QUEUE, {"action": "mark_reviewed", "_selected_action": [str(case.pk)]})
    client.post(f"{QUEUE}{case.pk}/change/", {"state": "dismissed", "remark": ""})
    assert ReviewCase.objects.get(pk=case.pk).state == "open"
    for address in ("/admin/balance/", "/admin/failures/"):
        assert client.get(address).status_code == 403


def test_a_pause_is_added_and_lifted(as_dana: Client, alice: User) -> None:
    until = NOW + timedelta(days=1)
    fields = {"who": str(alice.pk), "until_0": f"{until:%Y-%m-%d}", "until_1": "12:00:00"}
    assert as_dana.post("/admin/conversations/pause/add/", fields).status_code == 302
    (pause,) = Pause.in_force()
    assert not pause.by_rule
    assert (added := AuditEntry.objects.get(action="added")).subject_ref == str(pause.pk)
    assert json.loads(added.changes)["user"] == [None, str(alice.pk)]

    as_dana.post("/admin/conversations/pause/", {"action": "lift", "_selected_action": [str(pause.pk)]})
    lifted = AuditEntry.objects.get(action="lifted")
    assert (lifted.subject_ref, lifted.actor) == (str(pause.pk), "dana@example.org")
    assert not Pause.in_force().exists()
    assert as_dana.post(f"/admin/conversations/pause/{pause.pk}/delete/", {"post": "yes"}).status_code == 403


def test_a_moderator_pauses_by_address(client: Client, alice: User, bob: User) -> None:
    bob.groups.add(Group.objects.get(name=MODERATORS))
    client.force_login(bob)
    fields = {"until_0": "2031-01-01", "until_1": "12:00:00"}

    assert client.post("/admin/conversations/pause/add/", fields | {"who": "nobody@example.org"}).status_code == 200
    assert client.post("/admin/conversations/pause/add/", fields | {"who": alice.email}).status_code == 302
    assert Pause.in_force().get().user == alice


def test_the_pause_that_is_left_keeps_its_alert(alice: User) -> None:
    until = NOW + timedelta(days=1)
    first, second = (Pause.objects.create(user=alice, until=until) for _ in range(2))
    alerts.raised(moderation.PAUSED, str(alice.pk), {})

    moderation.lift(first)
    assert alerts.open_keys(moderation.PAUSED)
    moderation.lift(second)
    assert not alerts.open_keys(moderation.PAUSED)


def test_moderators_get_no_links_to_what_they_may_not_see(client: Client, bob: User) -> None:
    bob.groups.add(Group.objects.get(name=MODERATORS))
    client.force_login(bob)
    assert not client.get("/admin/moderation/").context["chart"].links


def test_a_note_that_stays_is_not_told_as_changed(as_dana: Client, alice: User) -> None:
    record(call(alice.pk, started_at=NOW, finish_reason="content_filter"))
    moderation.collect()
    case = ReviewCase.objects.get()
    for state in ("reviewed", "dismissed"):
        as_dana.post(f"{QUEUE}{case.pk}/change/", {"state": state, "remark": "Looked into"})
    assert "note" not in json.loads(AuditEntry.objects.latest("number").changes)


def test_the_rules_are_one_row(as_dana: Client) -> None:
    page = as_dana.get("/admin/conversations/watchrules/", follow=True)

    assert page.status_code == 200
    assert WatchRules.objects.get().pause_events is None
    assert as_dana.get("/admin/conversations/watchrules/add/").status_code == 403


def test_an_alert_shows_whom_it_reached(as_dana: Client) -> None:
    alerts.raised("balance_exhausted", "deepseek", {"upstream": "deepseek"})
    (alert,) = Alert.objects.all()

    assert "is used up" in as_dana.get("/admin/conversations/alert/").content.decode()
    assert as_dana.get(f"/admin/conversations/alert/{alert.pk}/change/").status_code == 200


@pytest.mark.parametrize("report", ["balance", "failures", "moderation"])
def test_members_and_strangers_see_nothing(report: str, alice: User, client: Client) -> None:
    assert client.get(f"/admin/{report}/").status_code == 302
    client.force_login(alice)
    assert client.get(f"/admin/{report}/").status_code in (302, 404)


def test_addresses_of_rows_name_their_span() -> None:
    selection = Selection(NOW.date(), NOW.date(), model="deepseek-flash")

    assert "model=deepseek-flash" in calls_address(selection)
    assert "error=stalled" in calls_address(selection, error="stalled", upstream=None)


def test_readings_are_only_looked_at(as_dana: Client) -> None:
    row = BalanceReading.objects.create(taken_at=NOW, upstream="deepseek", currency="USD", total=1, is_available=True)

    assert as_dana.get(f"/admin/conversations/balancereading/{row.pk}/change/").status_code == 200
    assert as_dana.get("/admin/conversations/balancereading/add/").status_code == 403


@pytest.mark.parametrize("page", ["failures", "moderation"])
def test_many_years_are_drawn_from_the_first_day_that_has_something(as_dana: Client, alice: User, page: str) -> None:
    for days in (3, 1):
        at = NOW - timedelta(days=days)
        record(call(alice.pk, started_at=at, error_code="reset", finish_reason="content_filter"))
    context = as_dana.get(f"/admin/{page}/", {"since": "2000-01-01"}).context
    (chart,) = [chart for chart in context.get("charts", [context.get("chart")]) if chart.name in ("failures", "ends")]
    assert len(chart.moments) == 3
    assert sum(map(sum, (series.values for series in chart.series))) == 2
