"""Usage, balance errors and abnormal ends, as pages and as files."""

from __future__ import annotations

import csv
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Any

import pytest
from django.test import Client
from uuid_utils.compat import uuid7

from chatsite.accounts.models import User
from conversations.accounting import rules
from conversations.admin.page import csv_line, in_batches
from conversations.admin.reports import REPORTS
from conversations.models import Budget
from tests.admin.chats import call, record

AtMost = Callable[[int], AbstractContextManager[Any]]
SATURDAY = datetime(2026, 10, 3, 12, tzinfo=UTC)
SUNDAY = SATURDAY + timedelta(days=1)
DAYS = {"since": "2026-10-03", "until": "2026-10-04"}


def page(client: Client, address: str, **query: str) -> Any:
    answer = client.get(address, DAYS | query)
    assert answer.status_code == 200
    return answer


def file(client: Client, address: str, **query: str) -> list[dict[str, str]]:
    answer: Any = page(client, address, format="csv", **query)
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    return list(csv.DictReader(StringIO(b"".join(answer.streaming_content).decode())))


def test_usage_by_person_and_day(as_dana: Client, alice: User, bob: User) -> None:
    record(call(alice.pk, started_at=SATURDAY), call(alice.pk, started_at=SATURDAY))
    record(call(alice.pk, started_at=SUNDAY), call(bob.pk, started_at=SUNDAY, finish_reason="", error_code="reset"))

    answer = page(as_dana, "/admin/usage/")

    rows = list(answer.context["page"])
    assert [(str(row.day), row.person.label, row.calls, row.failures) for row in rows] == [
        ("2026-10-04", "alice@example.org", 1, 0),
        ("2026-10-04", "bob@example.org", 1, 1),
        ("2026-10-03", "alice@example.org", 2, 0),
    ]
    html = answer.content.decode()
    assert "0.000107" in html  # two calls of 0.00005361 USD
    assert "0.000214 USD" in html


def test_usage_is_found_by_person_model_and_day(as_dana: Client, alice: User, bob: User) -> None:
    record(call(alice.pk, started_at=SATURDAY), call(bob.pk, started_at=SATURDAY))
    record(call(bob.pk, started_at=SUNDAY, model_asked="deepseek-v4-pro"))

    def people(**query: str) -> set[str]:
        return {row["person"] for row in file(as_dana, "/admin/usage/", **query)}

    assert people(person="alice@example.org") == {"alice@example.org"}
    assert people(person=str(bob.pk)) == {"bob@example.org"}
    assert people(model="deepseek-v4-pro") == {"bob@example.org"}
    assert people(until="2026-10-03") == {"alice@example.org", "bob@example.org"}
    assert people(since="2026-10-04") == {"bob@example.org"}


def test_usage_outlives_the_person(as_dana: Client) -> None:
    gone = uuid7()
    record(call(gone, started_at=SATURDAY))

    assert f"deleted person {gone}" in page(as_dana, "/admin/usage/").content.decode()


def test_simulated_calls_stand_apart_and_cost_nothing(as_dana: Client, alice: User) -> None:
    record(call(alice.pk, started_at=SATURDAY), call(alice.pk, started_at=SATURDAY, simulated=True))

    real, simulated = file(as_dana, "/admin/usage/")

    assert (real["simulated"], real["calls"], real["cost USD"]) == ("no", "1", "0.000053610")
    assert (simulated["simulated"], simulated["calls"], simulated["cost USD"]) == ("yes", "1", "")
    assert "simulated, no cost" in page(as_dana, "/admin/usage/").content.decode()


def test_calls_without_a_price_are_pointed_out(as_dana: Client, alice: User) -> None:
    record(call(alice.pk, started_at=SATURDAY, model_asked="mystery"), call(alice.pk, started_at=SATURDAY))

    assert "1 call has no known price and is not in the cost" in " ".join(
        page(as_dana, "/admin/usage/").content.decode().split()
    )


@pytest.mark.parametrize(
    ("by", "keys"),
    [
        ("", {("2026-10-03", "alice@example.org", ""), ("2026-10-04", "bob@example.org", "")}),
        ("person", {("", "alice@example.org", ""), ("", "bob@example.org", "")}),
        ("day", {("2026-10-03", "", ""), ("2026-10-04", "", "")}),
        ("model", {("", "", "deepseek-flash")}),
    ],
)
def test_usage_can_be_grouped(
    as_dana: Client, alice: User, bob: User, by: str, keys: set[tuple[str, str, str]]
) -> None:
    record(call(alice.pk, started_at=SATURDAY), call(bob.pk, started_at=SUNDAY))

    assert {(row["day"], row["person"], row["model"]) for row in file(as_dana, "/admin/usage/", by=by)} == keys
    assert page(as_dana, "/admin/usage/", by=by).context["page"].paginator.count == len(keys)


def test_a_wrong_question_is_answered_with_the_last_30_days_and_says_so(as_dana: Client, alice: User) -> None:
    record(call(alice.pk))

    for query in ({"since": "2026-10-04", "until": "2026-10-03"}, {"since": "soon"}, {"person": "nobody@example.org"}):
        answer = as_dana.get("/admin/usage/", query)
        assert answer.context["form"].errors
        assert "alice@example.org" in answer.content.decode()
    future = as_dana.get("/admin/usage/", {"since": "2126-01-01"})
    assert "Nothing was used" in future.content.decode()


def test_the_pages_of_a_long_table(as_dana: Client) -> None:
    record(*(call(uuid7(), started_at=SATURDAY) for _ in range(101)))

    first, second = (page(as_dana, "/admin/usage/", page=number) for number in ("1", "2"))

    assert len(first.context["page"]) == 100
    assert len(second.context["page"]) == 1
    assert "page=2" in first.content.decode()
    assert "101 to 101 of 101" in second.content.decode()


def test_balance_errors_say_when_who_and_which_model(as_dana: Client, alice: User, bob: User) -> None:
    refused = {"http_status": 402, "finish_reason": "", "error_code": "balance_exhausted"}
    record(call(alice.pk, started_at=SATURDAY, **refused), call(alice.pk, started_at=SUNDAY, **refused))
    record(call(bob.pk, started_at=SATURDAY))

    answer = page(as_dana, "/admin/balance-errors/")

    summary = answer.context["summary"]
    assert (summary.calls, summary.people, summary.first, summary.last) == (2, 1, SATURDAY, SUNDAY)
    assert [row.started_at for row in answer.context["page"]] == [SUNDAY, SATURDAY]
    assert "bob@example.org" not in answer.content.decode()
    (row, _) = file(as_dana, "/admin/balance-errors/")
    assert (row["person"], row["model"], row["HTTP status"]) == ("alice@example.org", "deepseek-flash", "402")
    assert "No call was refused" in page(as_dana, "/admin/balance-errors/", model="other").content.decode()


@pytest.fixture
def ends(alice: User, bob: User) -> None:
    def ended(user: User, reason: str, code: str = "", **columns: Any) -> None:
        record(call(user.pk, **{"started_at": SATURDAY, "finish_reason": reason, "error_code": code} | columns))

    ended(alice, "content_filter", "content_filter")
    ended(alice, "content_filter", "content_filter", started_at=SUNDAY)
    ended(alice, "length")
    ended(bob, "", "moderation", http_status=400)
    ended(bob, "insufficient_system_resource", "out_of_capacity")
    ended(bob, "aborted", "aborted")
    ended(bob, "brand_new_reason", "unknown_reason")
    ended(bob, "stop", "empty")
    for reason, code in (("stop", ""), ("tool_calls", ""), ("stopped", ""), ("", "overloaded"), ("", "unreachable")):
        ended(alice, reason, code)


@pytest.mark.usefixtures("ends")
def test_abnormal_ends_are_counted_and_listed(as_dana: Client) -> None:
    answer = page(as_dana, "/admin/abnormal-ends/")

    counted = {(row.person.label[:5], row.end): row.calls for row in answer.context["counts"]}
    assert counted == {
        ("alice", "content_filter"): 2,
        ("alice", "length"): 1,
        ("bob@e", "moderation"): 1,
        ("bob@e", "insufficient_system_resource"): 1,
        ("bob@e", "aborted"): 1,
        ("bob@e", "brand_new_reason"): 1,
        ("bob@e", "empty"): 1,
    }
    assert answer.context["page"].paginator.count == 8
    assert "does not know" in answer.content.decode()


@pytest.mark.usefixtures("ends")
def test_abnormal_ends_by_model_day_and_end(as_dana: Client) -> None:
    by_model = page(as_dana, "/admin/abnormal-ends/", by="model", end="content_filter").context["counts"]
    by_day = page(as_dana, "/admin/abnormal-ends/", by="day", end="content_filter").context["counts"]

    assert [(row.model, row.calls) for row in by_model] == [("deepseek-flash", 2)]
    assert [(str(row.day), row.calls) for row in by_day] == [("2026-10-04", 1), ("2026-10-03", 1)]
    assert {row["end"] for row in file(as_dana, "/admin/abnormal-ends/", end="length")} == {"length"}
    assert "No answer ended abnormally" in page(as_dana, "/admin/abnormal-ends/", end="none").content.decode()


@pytest.mark.parametrize("report", REPORTS, ids=lambda report: report.name)
def test_the_ends_of_the_calendar_are_a_wrong_question(as_dana: Client, dana: User, report: Any) -> None:
    for query in ({"until": "9999-12-31"}, {"until": "0001-01-05"}, {"since": "9999-12-31"}):
        assert as_dana.get(report.url, query | {"person": dana.email}).status_code == 200


@pytest.mark.parametrize("report", REPORTS, ids=lambda report: report.name)
def test_a_report_needs_few_queries(as_dana: Client, report: Any, django_assert_max_num_queries: AtMost) -> None:
    Budget.objects.create(measure="tokens", currency="", hard=1000, each=True)
    rules.forget()
    people = [User.objects.create_user(f"person{number}@example.org") for number in range(20)]
    for person in people:
        record(call(person.pk, error_code="balance_exhausted"), call(person.pk, error_code="moderation"))

    for query in ({}, {"person": people[0].email, "model": "deepseek-flash"}, {"by": "day"}):
        with django_assert_max_num_queries(15):
            assert as_dana.get(report.url, query).status_code == 200


def test_what_a_spreadsheet_would_run_is_made_harmless() -> None:
    assert csv_line(["=1+1", "+cmd@example.org", "-1", "@x", "plain", -1, None]) == (
        "'=1+1,'+cmd@example.org,'-1,'@x,plain,-1,\r\n"
    )


async def test_a_file_leaves_in_batches() -> None:
    batches: AsyncIterator[str] = in_batches(f"{number}\n" for number in range(1200))

    assert [batch.count("\n") async for batch in batches] == [500, 500, 200]


def test_pages_of_people_and_days_follow_each_other_like_the_whole_table(as_dana: Client) -> None:
    people = [uuid7() for _ in range(60)]
    days = [SATURDAY - timedelta(days=number) for number in range(3)]
    record(*(call(ref, started_at=day, simulated=ref == people[0]) for ref in people for day in days))
    record(call(people[1], started_at=SATURDAY, simulated=True))
    query = {"since": "2026-10-01", "until": "2026-10-04"}

    shown = [
        (str(row.day), str(row.person.ref), "yes" if row.simulated else "no")
        for number in ("1", "2")
        for row in page(as_dana, "/admin/usage/", page=number, **query).context["page"]
    ]

    whole = [(row["day"], row["person id"], row["simulated"]) for row in file(as_dana, "/admin/usage/", **query)]
    assert shown == whole
    assert len(whole) == 181
