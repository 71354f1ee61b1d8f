"""The admin's lists: found by id and person, with a bounded number of queries, in the site's frame."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from decimal import Decimal
from html import unescape
from typing import Any

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import reverse
from uuid_utils.compat import uuid7

from chatsite.accounts.models import User
from conversations.accounting import rules, tariff
from conversations.history.keyring import keyring
from conversations.models import Budget, Conversation, Generation, Message, Policy, Price, UpstreamCall
from conversations.services import audit, presets
from tests.admin.chats import call, marked_chat, record, watched

AtMost = Callable[[int], AbstractContextManager[Any]]
OURS = [model for model in admin.site._registry if model._meta.app_label == "conversations"]


@pytest.fixture
def many(alice: User, bob: User) -> None:
    """More rows of every kind than a query a row could hide in."""
    Budget.objects.create(measure="tokens", currency="", hard=1000, each=True)
    Policy.objects.create()
    rules.forget()
    people = [alice, bob, *(User.objects.create_user(f"person{n}@example.org") for n in range(12))]
    for person in people:
        for _ in range(2):
            chat = marked_chat(person, running=True)
        record(call(person.pk, generation_ref=chat.answer.pk), call(person.pk, error_code="moderation"))
        watched(person)
    record(*(call(uuid7(), error_code="stalled") for _ in range(5)))
    dana = User.objects.create_superuser("shares@example.org")
    for number in range(14):
        presets.create(dana, presets.Content(name=f"shared {number}"), shared=True)
        audit.record("command line", "lifted", f"limit {number}")


@pytest.fixture(autouse=True)
def _fresh_tariff() -> Iterator[None]:
    tariff.forget()
    yield
    tariff.forget()


@pytest.mark.usefixtures("many")
@pytest.mark.parametrize("model", OURS)
def test_a_list_needs_few_queries(as_dana: Client, model: Any, django_assert_max_num_queries: AtMost) -> None:
    address = reverse(f"admin:conversations_{model._meta.model_name}_changelist")
    with django_assert_max_num_queries(12):
        page = as_dana.get(address, follow=True)
    assert page.status_code == 200
    with django_assert_max_num_queries(12):
        as_dana.get(address, {"q": "example.org"}, follow=True)


@pytest.mark.usefixtures("many")
@pytest.mark.parametrize("model", OURS)
def test_a_row_needs_few_queries(as_dana: Client, model: Any, django_assert_max_num_queries: AtMost) -> None:
    row = model.objects.first() or model.objects.create(day="2026-10-01")
    with django_assert_max_num_queries(12):
        page = as_dana.get(reverse(f"admin:conversations_{model._meta.model_name}_change", args=[row.pk]))
    assert page.status_code == 200


@pytest.mark.usefixtures("many")
def test_the_index_needs_few_queries(as_dana: Client, django_assert_max_num_queries: AtMost) -> None:
    with django_assert_max_num_queries(12):
        page = as_dana.get(reverse("admin:index"))
    for address in ("/admin/usage/", "/admin/balance-errors/", "/admin/abnormal-ends/"):
        assert f'href="{address}"' in page.content.decode()


@pytest.mark.parametrize("name", ["conversation", "message", "generation", "checkpoint", "keyset"])
def test_rows_are_found_by_person(as_dana: Client, alice: User, bob: User, name: str) -> None:
    keyring().organization()
    marked_chat(alice)
    marked_chat(bob)

    found = results(as_dana, name, "alice@")

    assert found
    assert {owner(row) for row in found} == {alice}


def test_rows_are_found_by_id(as_dana: Client, alice: User, bob: User) -> None:
    chat, other = marked_chat(alice), marked_chat(bob)

    assert results(as_dana, "conversation", str(chat.conversation.pk)) == [chat.conversation]
    assert set(results(as_dana, "message", str(chat.conversation.pk))) == {chat.question, chat.answer}
    assert [row.pk for row in results(as_dana, "generation", str(other.answer.pk))] == [other.answer.pk]
    assert results(as_dana, "conversation", str(uuid7())) == []


def test_calls_are_found_by_person_generation_and_deleted_person(as_dana: Client, alice: User, bob: User) -> None:
    generation, gone = uuid7(), uuid7()
    mine, theirs, orphan = call(alice.pk, generation_ref=generation), call(bob.pk), call(gone)
    record(mine, theirs, orphan)

    assert results(as_dana, "upstreamcall", "ALICE") == [mine]
    assert results(as_dana, "upstreamcall", str(generation)) == [mine]
    assert results(as_dana, "upstreamcall", str(gone)) == [orphan]
    listed = as_dana.get(reverse("admin:conversations_upstreamcall_changelist")).content.decode()
    assert f"deleted person {gone}" in listed
    assert "bob@example.org" in listed


@pytest.mark.parametrize(
    ("chosen", "expected"),
    [
        ({"end": "any"}, ["content_filter", "moderation"]),
        ({"end": "moderation"}, ["moderation"]),
        ({"error": "any"}, ["content_filter", "moderation", "overloaded"]),
        ({"error": "overloaded"}, ["overloaded"]),
        ({"model": "deepseek-flash"}, ["", "content_filter", "moderation", "overloaded"]),
        ({"model": "deepseek-v4-pro"}, []),
    ],
)
def test_calls_are_filtered_by_end_error_and_model(
    as_dana: Client, alice: User, chosen: dict[str, str], expected: list[str]
) -> None:
    record(call(alice.pk), call(alice.pk, finish_reason="content_filter", error_code="content_filter"))
    record(*(call(alice.pk, finish_reason="", error_code=code) for code in ("moderation", "overloaded")))

    page = as_dana.get(reverse("admin:conversations_upstreamcall_changelist"), chosen)

    assert sorted(row.error_code for row in page.context["cl"].result_list) == expected


def test_a_changed_price_counts_at_once(as_dana: Client, alice: User) -> None:
    before = call(alice.pk, started_at=datetime(2026, 10, 3, 12, tzinfo=UTC))
    record(before)
    price = Price.objects.get(pk=price_of(before))
    columns = ("model", "currency", "cache_hit", "cache_miss", "output", "peak_factor")
    form: dict[str, Any] = {name: str(getattr(price, name)) for name in columns}
    form |= {"valid_from_0": "2026-09-10", "valid_from_1": "00:00:00", "output": "1.20"}

    answer = as_dana.post(reverse("admin:conversations_price_change", args=[price.pk]), form)
    assert answer.status_code == 302, answer.content
    after = call(alice.pk, started_at=before.started_at)
    record(after)

    assert before.cost is not None
    assert after.cost == before.cost + Decimal("0.0000498")
    assert UpstreamCall.objects.get(pk=before.pk).cost == before.cost


def test_a_price_that_was_used_cannot_be_deleted(as_dana: Client, alice: User) -> None:
    used = call(alice.pk)
    record(used)
    unused = Price.objects.exclude(pk=price_of(used))[0]

    for price_id, status in ((price_of(used), 403), (unused.pk, 302)):
        answer = as_dana.post(reverse("admin:conversations_price_delete", args=[price_id]), {"post": "yes"})
        assert answer.status_code == status
    assert Price.objects.filter(pk=price_of(used)).exists()
    assert not Price.objects.filter(pk=unused.pk).exists()


def test_holidays_are_kept_here(as_dana: Client) -> None:
    added = as_dana.post(reverse("admin:conversations_holiday_add"), {"day": "2026-10-01", "name": "National Day"})
    assert added.status_code == 302
    assert tariff.current_tariff().holidays

    chosen = {"action": "delete_selected", "_selected_action": "1", "select_across": "1", "post": "yes"}
    as_dana.post(reverse("admin:conversations_holiday_changelist"), chosen)
    assert not tariff.current_tariff().holidays


def test_the_frame_leads_back_to_the_chat_and_says_that_answers_are_simulated(as_dana: Client) -> None:
    page = unescape(as_dana.get(reverse("admin:index")).content.decode())

    assert '<a href="/">View site</a>' in page
    assert "Demo mode." in page
    assert "css/admin" in page


@pytest.mark.usefixtures("many")
def test_no_page_needs_inline_styles_or_scripts(as_dana: Client) -> None:
    names = [f"admin:conversations_{model._meta.model_name}_changelist" for model in OURS]
    for address in [reverse("admin:index"), reverse("admin:conversations_price_add"), *map(reverse, names)]:
        answer = as_dana.get(address)
        html = answer.content.decode()
        policy = answer.headers["Content-Security-Policy"]
        assert "unsafe" not in policy
        for forbidden in (" style=", "<style", " onclick=", "<script>"):
            assert forbidden not in html, address


def results(client: Client, name: str, query: str) -> list[Any]:
    page = client.get(reverse(f"admin:conversations_{name}_changelist"), {"q": query})
    return list(page.context["cl"].result_list)


def price_of(recorded: UpstreamCall) -> int:
    assert recorded.price_id is not None
    return recorded.price_id


def owner(row: Any) -> User | None:
    if isinstance(row, Message):
        return row.conversation.user
    if isinstance(row, Conversation | Generation):
        return row.user
    found: User | None = row.user if hasattr(row, "user") else row.generation.user
    return found
