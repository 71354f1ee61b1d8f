"""Administrators see everything but what people wrote, and nobody else sees anything."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any
from urllib.parse import urljoin

import pytest
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.db.models import BinaryField, Model
from django.test import Client
from django.urls import reverse

from chatsite.accounts.models import User
from conversations.accounting import rules
from conversations.admin.reports import REPORTS
from conversations.history.keyring import keyring
from conversations.models import (
    Budget,
    Checkpoint,
    Conversation,
    Generation,
    Keyset,
    Message,
    Policy,
    ReviewCase,
    UpstreamCall,
    UsageDay,
)
from tests.admin.chats import MARK, call, marked_chat, record, watched

AtMost = Callable[[int], AbstractContextManager[Any]]
SEALED = (Conversation, Message, Generation, Checkpoint, Keyset, UpstreamCall, UsageDay)


@pytest.fixture
def chats(alice: User, bob: User) -> None:
    keyring().organization()
    Budget.objects.create(measure="tokens", currency="", hard=1000)
    rules.forget()
    Policy.objects.create(longest_output=1000)
    marked_chat(alice)
    marked_chat(bob, running=True)
    watched(alice)
    record(call(alice.pk), call(bob.pk, finish_reason="content_filter", error_code="content_filter"))
    record(call(bob.pk, http_status=402, finish_reason="", error_code="balance_exhausted"))


def list_pages() -> Iterator[str]:
    """Addresses without an object: the index, the apps, all lists and all reports."""
    yield reverse("admin:index")
    for label in sorted({model._meta.app_label for model in admin.site._registry}):
        yield reverse("admin:app_list", args=[label])
    for model in admin.site._registry:
        yield reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
    yield from (report.url for report in REPORTS)


def object_pages() -> Iterator[str]:
    """Every object's pages: look, history, deletion."""
    for model in admin.site._registry:
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        for row in model._default_manager.all():
            yield from (reverse(f"{name}_{page}", args=[row.pk]) for page in ("change", "history", "delete"))


def filter_pages(address: str, html: str) -> Iterator[str]:
    """The filters, dates and orders that a list offers."""
    yield from (urljoin(address, found.replace("&amp;", "&")) for found in re.findall(r'href="(\?[^"]+)"', html))


def secrets() -> list[str]:
    """What must not appear: the mark, and all ciphertext and wrapped keys as hex, base64 or Python bytes would show."""
    shown = [MARK]
    for model in (*SEALED, ReviewCase):
        columns = [field.name for field in model._meta.fields if isinstance(field, BinaryField)]
        for values in model._default_manager.values_list(*columns) if columns else []:
            shown += [form for value in values if value for form in _spelled(bytes(value))]
    return shown


def _spelled(value: bytes) -> tuple[str, ...]:
    return value.hex()[:24], repr(value[:12])[2:-1], "memory at"


@pytest.mark.usefixtures("chats")
def test_no_page_shows_what_people_wrote(as_dana: Client) -> None:
    hidden, seen = secrets(), 0
    addresses = [*list_pages(), *object_pages()]
    for address in addresses:
        page = as_dana.get(address, follow=True)
        assert page.status_code in (200, 403), f"{address}: {page.status_code}"
        html = page.content.decode()
        assert not [secret for secret in hidden if secret in html], address
        seen += page.status_code == 200
        if "_changelist" in str(page.resolver_match.url_name):
            for filtered in filter_pages(address, html):
                shown = as_dana.get(filtered, follow=True)
                assert shown.status_code == 200, filtered
                assert not [secret for secret in hidden if secret in shown.content.decode()], filtered
    assert seen > 50


@pytest.mark.usefixtures("chats")
def test_no_download_holds_what_people_wrote(as_dana: Client, alice: User) -> None:
    hidden = secrets()
    for report in REPORTS:
        answer = as_dana.get(
            report.url, {"format": "csv"} | ({"person": alice.email} if report.name == "person" else {})
        )
        text = b"".join(answer.streaming_content).decode()  # type: ignore[attr-defined]
        assert text.count("\n") > 1
        assert not [secret for secret in hidden if secret in text]


@pytest.mark.usefixtures("chats")
@pytest.mark.parametrize("model", SEALED)
def test_the_names_of_rows_hold_no_text(model: type[Model]) -> None:
    for row in model._default_manager.all():
        assert MARK not in f"{row!s} {row!r}"


@pytest.mark.usefixtures("chats")
@pytest.mark.parametrize(
    ("list_name", "lookup"),
    [
        ("keyset", "wrapped__startswith"),
        ("message", "text__contains"),
        ("conversation", "title__gt"),
        ("message", "conversation__title__gt"),
        ("conversation", "user__keyset__wrapped__startswith"),
    ],
)
def test_an_address_cannot_ask_about_sealed_columns(as_dana: Client, list_name: str, lookup: str) -> None:
    answer = as_dana.get(reverse(f"admin:conversations_{list_name}_changelist"), {lookup: "a"})

    assert answer.status_code == 400


@pytest.mark.usefixtures("chats")
@pytest.mark.parametrize("model", SEALED)
def test_facts_cannot_be_touched(as_dana: Client, model: type[Model]) -> None:
    name = f"admin:conversations_{model._meta.model_name}"
    row = model._default_manager.all()[0]

    assert as_dana.get(reverse(f"{name}_add")).status_code == 403
    assert as_dana.post(reverse(f"{name}_change", args=[row.pk]), {}).status_code == 403
    assert as_dana.post(reverse(f"{name}_delete", args=[row.pk]), {"post": "yes"}).status_code == 403
    everything = {"action": "delete_selected", "_selected_action": [str(row.pk)], "post": "yes"}
    as_dana.post(reverse(f"{name}_changelist"), everything)
    assert model._default_manager.filter(pk=row.pk).exists()


@pytest.mark.usefixtures("chats")
def test_a_member_sees_none_of_it(alice: User, client: Client) -> None:
    client.force_login(alice)
    for address in [*list_pages(), *object_pages()]:
        answer = client.get(address, follow=True)
        assert answer.status_code in (403, 404), address
        assert len(answer.redirect_chain) <= 2
        assert MARK not in answer.content.decode()


@pytest.mark.usefixtures("chats")
def test_a_visitor_is_sent_to_sign_in(client: Client) -> None:
    for address in list_pages():
        answer = client.get(address, follow=True)
        assert answer.redirect_chain[-1][0].startswith(reverse("account_login")), address


@pytest.mark.usefixtures("chats")
def test_an_administrator_without_the_right_sees_no_report(client: Client) -> None:
    client.force_login(User.objects.create_user("eve@example.org", "x" * 12, is_staff=True))

    assert client.get(reverse("admin:index")).status_code == 200
    assert "Reports" not in client.get(reverse("admin:index")).content.decode()
    for report in REPORTS:
        assert client.get(report.url).status_code == 403


@pytest.mark.usefixtures("chats")
def test_deleting_a_person_destroys_the_keyset_and_logs_no_text(as_dana: Client, alice: User) -> None:
    address = reverse("admin:accounts_user_delete", args=[alice.pk])

    confirmation = as_dana.get(address)
    assert confirmation.status_code == 200
    assert MARK not in confirmation.content.decode()
    assert "require deleting" not in confirmation.content.decode()
    assert "<li>Conversations: 1</li>" in confirmation.content.decode()
    assert "<li>Messages: 2</li>" in confirmation.content.decode()
    assert as_dana.post(address, {"post": "yes"}).status_code == 302

    assert not User.objects.filter(pk=alice.pk).exists()
    assert not Keyset.objects.filter(user_id=alice.pk).exists()
    assert not Conversation.objects.filter(user_id=alice.pk).exists()
    assert UpstreamCall.objects.filter(user_ref=alice.pk).exists()
    assert MARK not in " ".join(f"{entry.object_repr} {entry.change_message}" for entry in LogEntry.objects.all())


def test_a_long_history_is_counted_before_it_is_deleted(
    as_dana: Client, alice: User, django_assert_max_num_queries: AtMost
) -> None:
    chat = marked_chat(alice)
    parent = chat.answer
    rows = []
    for _ in range(1200):
        parent = Message(conversation=chat.conversation, parent=parent, role="user", created_at=parent.created_at)
        rows.append(parent)
    Message.objects.bulk_create(rows)
    address = reverse("admin:accounts_user_delete", args=[alice.pk])

    with django_assert_max_num_queries(60):
        confirmation = as_dana.get(address)
    assert "<li>Messages: 1202</li>" in confirmation.content.decode()
    assert as_dana.post(address, {"post": "yes"}).status_code == 302
    assert not Message.objects.exists()


def test_people_are_deleted_together(as_dana: Client, alice: User, bob: User) -> None:
    marked_chat(alice)
    chosen = {"action": "delete_selected", "_selected_action": [str(alice.pk), str(bob.pk)]}
    address = reverse("admin:accounts_user_changelist")

    assert "Messages: 2" in as_dana.post(address, chosen).content.decode()
    as_dana.post(address, chosen | {"post": "yes"})
    assert not Keyset.objects.exists()
    assert not User.objects.filter(pk__in=[alice.pk, bob.pk]).exists()


def test_an_administrator_without_the_right_deletes_nobodys_history(alice: User, client: Client) -> None:
    eve = User.objects.create_user("eve@example.org", "x" * 12, is_staff=True)
    eve.user_permissions.set(Permission.objects.filter(codename__in=("view_user", "delete_user")))
    marked_chat(alice)
    client.force_login(eve)
    address = reverse("admin:accounts_user_delete", args=[alice.pk])

    assert "keyset" in client.get(address).content.decode()
    assert client.post(address, {"post": "yes"}).status_code == 403
    assert Message.objects.exists()
