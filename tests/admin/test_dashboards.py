"""Overview, users, one person, models and cache savings: figures, files, addresses, and who sees money."""

from __future__ import annotations

import csv
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from io import StringIO
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.db.models import Sum
from django.test import Client
from uuid_utils.compat import uuid7

from chatsite.accounts.models import User
from chatsite.accounts.roles import ADMINISTRATORS, ANALYSTS, MODERATORS, SUPPORT
from conversations.accounting import ledger, site_rollup
from conversations.admin.reports import REPORTS
from conversations.models import SiteDay, UpstreamCall, UsageDay
from tests.admin.chats import call, marked_chat, record

AtMost = Callable[[int], AbstractContextManager[Any]]
SATURDAY = datetime(2026, 10, 3, 12, tzinfo=UTC)
SUNDAY = SATURDAY + timedelta(days=1)
DAYS = {"since": "2026-10-03", "until": "2026-10-04"}
COST = Decimal("0.00005361")
"""Of a call of `chats.call`."""


def page(client: Client, address: str, **query: str) -> Any:
    answer = client.get(address, DAYS | query)
    assert answer.status_code == 200
    return answer


def file(client: Client, address: str, **query: str) -> list[dict[str, str]]:
    answer: Any = page(client, address, format="csv", **query)
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    return list(csv.DictReader(StringIO(b"".join(answer.streaming_content).decode())))


@pytest.fixture
def used(alice: User, bob: User) -> None:
    """Alice asks flash three times, Bob asks pro once and fails."""
    record(call(alice.pk, started_at=SATURDAY), call(alice.pk, started_at=SATURDAY), call(alice.pk, started_at=SUNDAY))
    record(call(bob.pk, started_at=SUNDAY, model_asked="deepseek-v4-pro", error_code="reset", finish_reason=""))


def as_role(client: Client, user: User, name: str) -> Client:
    user.groups.set([Group.objects.get(name=name)])
    client.force_login(User.objects.get(pk=user.pk))
    return client


class TestOverview:
    @pytest.mark.usefixtures("used")
    def test_the_days_as_charts_with_links_to_their_rows(self, as_dana: Client) -> None:
        answer = page(as_dana, "/admin/overview/")

        charts = {chart.name: chart for chart in answer.context["charts"]}
        cost = charts["cost-usd"]
        assert cost.moments == [date(2026, 10, 3), date(2026, 10, 4)]
        assert (cost.series[0].label, cost.series[0].values) == ("deepseek-flash", [2 * COST, COST])
        assert cost.links[1] == "/admin/usage/?since=2026-10-04&until=2026-10-04"
        assert [series.values for series in charts["calls"].series] == [[2, 1], [0, 1]]
        assert "2026-10-03" in answer.content.decode()
        assert page(as_dana, cost.links[1]).status_code == 200

    @pytest.mark.usefixtures("used")
    def test_each_table_is_a_file(self, as_dana: Client) -> None:
        rows = file(as_dana, "/admin/overview/")
        assert [(row["day"], row["model"], row["calls"], row["cost"]) for row in rows][:1] == [
            ("2026-10-03", "deepseek-flash", "2", "0.000107220")
        ]
        calls = file(as_dana, "/admin/overview/", table="calls")
        assert [row["deepseek-flash (count)"] for row in calls] == ["2", "1"]

    def test_today_and_what_runs_now(self, as_dana: Client, alice: User, bob: User) -> None:
        record(call(alice.pk), call(bob.pk))
        marked_chat(alice, running=True)

        answer = as_dana.get("/admin/overview/")

        assert answer.context["today"]["sums"].calls == 2
        assert answer.context["people_today"] == 2
        assert answer.context["live"]["running"] == 1
        assert as_dana.get("/admin/overview/?format=running").json() == {
            "running": 1,
            "queued": 0,
            "people": 1,
            "models": "deepseek-flash: 1",
        }
        past = page(as_dana, "/admin/overview/")
        assert past.context["today"]["sums"].calls == 2
        assert past.context["whole"]["sums"].calls == 0


class TestUsers:
    def labels(self, client: Client, **query: str) -> list[str]:
        return [row.person.label[:5] for row in page(client, "/admin/users/", **query).context["page"]]

    @pytest.mark.usefixtures("used", "charlie")
    def test_sorting_searching_and_groups(self, as_dana: Client, bob: User) -> None:
        bob.groups.add(group := Group.objects.create(name="Engineering"))

        assert self.labels(as_dana) == self.labels(as_dana, sort="cost-USD") == ["bob@e", "alice"]
        assert self.labels(as_dana, sort="calls") == ["alice", "bob@e"]
        assert self.labels(as_dana, sort="-calls") == ["bob@e", "alice"]
        assert self.labels(as_dana, sort="failures") == ["bob@e", "alice"]
        assert self.labels(as_dana, sort="person") == ["alice", "bob@e", "charl", "dana@"]
        assert self.labels(as_dana, sort="-person") == ["dana@", "charl", "bob@e", "alice"]
        assert self.labels(as_dana, search="BOB") == ["bob@e"]
        assert self.labels(as_dana, group=str(group.pk)) == ["bob@e"]
        assert self.labels(as_dana, group=str(group.pk), sort="person") == ["bob@e"]
        assert self.labels(as_dana, model="deepseek-v4-pro") == ["bob@e"]
        assert self.labels(as_dana, sort="nonsense") == ["bob@e", "alice"]

    @pytest.mark.usefixtures("used")
    def test_the_heads_turn_the_order_round_and_keep_the_filters(self, as_dana: Client) -> None:
        columns = {
            str(column["label"]): column
            for column in page(as_dana, "/admin/users/", sort="calls", search="e").context["columns"]
        }
        assert columns["Calls"]["sorted"] == "descending"
        assert "sort=-calls" in columns["Calls"]["query"]
        assert "search=e" in columns["Person"]["query"]
        assert "since=2026-10-03" in columns["Person"]["query"]

    def test_long_tables_have_pages(self, as_dana: Client) -> None:
        record(*(call(uuid7(), started_at=SATURDAY) for _ in range(101)))

        assert len(self.labels(as_dana)) == 100
        assert len(self.labels(as_dana, page="2")) == 1
        assert len(self.labels(as_dana, page="99")) == 1
        assert "101 to 101 of 101" in page(as_dana, "/admin/users/", page="2").content.decode()

    @pytest.mark.usefixtures("used")
    def test_a_page_that_no_number_reaches(self, as_dana: Client) -> None:
        for number in ("9" * 30, "9" * 5000):
            assert as_dana.get("/admin/users/", {"page": number}).status_code == 200

    @pytest.mark.usefixtures("used")
    def test_the_file_has_everybody(self, as_dana: Client, alice: User) -> None:
        first, second = file(as_dana, "/admin/users/", sort="calls")
        assert (first["person"], first["calls"], first["cost USD"]) == (alice.email, "3", "0.000160830")
        assert (second["failures"], second["tokens"]) == ("1", "422")
        assert [row["person"] for row in file(as_dana, "/admin/users/", sort="person")][-1] == "dana@example.org"

    @pytest.mark.usefixtures("used")
    def test_support_sees_people_and_no_money(self, client: Client, charlie: User, alice: User) -> None:
        at_support = as_role(client, charlie, SUPPORT)

        assert self.labels(at_support, sort="cost-USD") == ["alice", "bob@e"]
        columns = page(at_support, "/admin/users/", sort="anything").context["columns"]
        assert [column["label"] for column in columns if column["sorted"]] == ["Calls"]
        for address in ("/admin/users/", "/admin/person/"):
            html = page(at_support, address, person=str(alice.pk)).content.decode()
            assert "USD" not in html
            assert "0.00" not in html
            rows = file(at_support, address, person=str(alice.pk))
            assert not any("cost" in column for column in rows[0])


class TestPerson:
    @pytest.mark.usefixtures("used")
    def test_one_person(self, as_dana: Client, alice: User) -> None:
        answer = page(as_dana, "/admin/person/", person=alice.email)

        assert answer.context["sums"].calls == 3
        assert answer.context["costs"] == [("USD", 3 * COST)]
        assert [row.model for row in answer.context["rows"]] == ["deepseek-flash"]
        assert len(answer.context["page"]) == 3
        assert len(file(as_dana, "/admin/person/", person=alice.email)) == 2
        assert len(file(as_dana, "/admin/person/", person=alice.email, table="calls")) == 3

    def test_a_deleted_person_has_figures_still(self, as_dana: Client) -> None:
        gone = uuid7()
        record(call(gone, started_at=SATURDAY))
        assert f"deleted person {gone}" in page(as_dana, "/admin/person/", person=str(gone)).content.decode()

    def test_it_asks_for_a_person(self, as_dana: Client) -> None:
        record(call(uuid7(), started_at=SATURDAY))
        for query in ({}, {"person": "nobody@example.org"}, {"format": "csv"}):
            answer = page(as_dana, "/admin/person/", **query)
            assert "Say whose usage" in answer.content.decode()
            assert "charts" not in answer.context


@pytest.mark.usefixtures("used")
def test_models(as_dana: Client) -> None:
    flash, pro = page(as_dana, "/admin/models/").context["rows"]

    assert (flash.model, flash.sums.calls, flash.share) == ("deepseek-flash", 3, 75)
    assert (pro.sums.failures, pro.sums.failed_percent) == (1, 100)
    assert flash.costs[0].amount == 3 * COST
    assert len(file(as_dana, "/admin/models/")) == 3


class TestCacheSavings:
    def test_off_peak_it_is_exact(self, as_dana: Client, alice: User) -> None:
        # Off-peak on a Saturday, USD per million: 320 cached tokens at 0.003 instead of 0.15.
        record(call(alice.pk, started_at=SATURDAY))
        (row,) = page(as_dana, "/admin/cache-savings/").context["rows"]
        price = UpstreamCall.objects.get().price
        assert price is not None
        assert row.saved == 320 * (price.cache_miss - price.cache_hit) / 1_000_000
        assert row.uncached == row.cost + row.saved
        (line,) = file(as_dana, "/admin/cache-savings/")
        assert Decimal(line["saved"]) == row.saved

    def test_in_peak_hours_it_doubles(self, as_dana: Client, alice: User) -> None:
        friday = datetime(2026, 10, 2, tzinfo=UTC)
        for hour in range(24):
            record(call(alice.pk, started_at=friday + timedelta(hours=hour)))
        peak = UpstreamCall.objects.filter(peak=True).count()
        assert 0 < peak < 24
        (row,) = as_dana.get("/admin/cache-savings/", {"since": "2026-10-02", "until": "2026-10-02"}).context["rows"]
        price = UpstreamCall.objects.all()[0].price
        assert price is not None
        one = 320 * (price.cache_miss - price.cache_hit) / 1_000_000
        assert row.saved == pytest.approx(one * (24 - peak + peak * price.peak_factor), rel=Decimal("1e-6"))

    def test_without_cost_there_is_nothing_to_save(self, as_dana: Client, alice: User) -> None:
        record(call(alice.pk, started_at=SATURDAY, simulated=True))
        assert "Nothing that costs money" in page(as_dana, "/admin/cache-savings/").content.decode()


def totals(model: Any) -> list[dict[str, Any]]:
    keys = ("day", "model", "currency", "simulated")
    rows = model.objects.filter(calls__gt=0).order_by(*keys).values(*keys)
    return list(rows.annotate(**{f"all_{name}": Sum(name) for name in site_rollup.SUMS}))


def test_the_sites_rollup_is_the_sum_of_the_peoples(alice: User, bob: User) -> None:
    record(call(alice.pk), call(bob.pk), call(bob.pk, simulated=True), call(alice.pk, model_asked="mystery"))
    record(*(call(uuid7(), started_at=SATURDAY) for _ in range(20)))
    record(estimated := call(alice.pk, estimated=True))
    assert totals(SiteDay) == totals(UsageDay)

    ledger.withdraw([estimated.pk])
    assert totals(SiteDay) == totals(UsageDay)
    before = totals(SiteDay)
    SiteDay.objects.all().delete()
    site_rollup.rebuild()
    assert totals(SiteDay) == before


ALLOWED = {
    ADMINISTRATORS: {report.name for report in REPORTS},
    ANALYSTS: {report.name for report in REPORTS},
    MODERATORS: {report.name for report in REPORTS if report.permission == "conversations.view_reviewcase"},
    SUPPORT: {report.name for report in REPORTS if report.permission == "accounts.view_user"},
}


@pytest.mark.parametrize("role", ALLOWED)
def test_each_role_sees_its_reports(client: Client, alice: User, role: str) -> None:
    browser = as_role(client, alice, role)
    for report in REPORTS:
        expected = 200 if report.name in ALLOWED[role] else 403
        assert browser.get(report.url, {"person": str(alice.pk)}, follow=True).status_code == expected, report.name


@pytest.mark.parametrize("report", REPORTS, ids=lambda report: report.name)
def test_nobody_without_a_role_sees_any(client: Client, alice: User, report: Any) -> None:
    addresses = [report.url, f"{report.url}?format=csv", f"{report.url}?format=running"]
    for address in addresses:
        assert client.get(address, follow=True).redirect_chain[-1][0].startswith("/accounts/login/")
    alice.groups.add(Group.objects.create(name="Engineering"))
    client.force_login(alice)
    for address in addresses:
        assert client.get(address, follow=True).status_code in (403, 404)


@pytest.mark.parametrize("report", REPORTS, ids=lambda report: report.name)
def test_a_dashboard_needs_few_queries(
    as_dana: Client, alice: User, report: Any, django_assert_max_num_queries: AtMost
) -> None:
    for number in range(30):
        person = User.objects.create_user(f"person{number}@example.org")
        person.groups.add(Group.objects.get_or_create(name=f"Group {number}")[0])
        record(call(person.pk), call(person.pk, model_asked="deepseek-v4-pro"))
    for query in ({"person": alice.email}, {"sort": "person"}, {"person": alice.email, "model": "deepseek-flash"}):
        with django_assert_max_num_queries(15):
            assert as_dana.get(report.url, {"person": alice.email} | query).status_code == 200
