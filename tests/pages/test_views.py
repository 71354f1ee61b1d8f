"""The chat page and its data: for their owner alone, at a fixed number of queries."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from uuid_utils.compat import uuid7

from chatsite.accounts.models import User
from conversations.history.keyring import keyring
from conversations.models import Conversation, Message
from conversations.services import conversations
from conversations.services.access import Refused

pytestmark = pytest.mark.django_db


def conversation_of(user: User, title: str = "A title", *, messages: int = 2, age: int = 0) -> Conversation:
    """A conversation with a branch of messages, last changed `age` minutes ago."""
    cipher = keyring().user(user.pk)
    now = datetime.now(UTC) - timedelta(minutes=age)
    row = Conversation(id=uuid7(), user=user, model="deepseek-flash", created_at=now, updated_at=now)
    row.seal(cipher, title=title)
    row.save()
    parent = None
    for number in range(messages):
        role = Message.Role.ASSISTANT if number % 2 else Message.Role.USER
        message = Message(id=uuid7(), conversation=row, parent=parent, role=role, created_at=now)
        message.seal(cipher, text=f"text {number} </script><b>&")
        message.save()
        parent = message
    row.leaf = parent
    row.save()
    return row


def test_anonymous_visitors_are_sent_to_sign_in(client: Client, alice: User) -> None:
    conversation = conversation_of(alice)
    for address in ("/", f"/c/{conversation.pk}/", f"/c/{conversation.pk}/messages/", "/conversations/"):
        response = client.get(address)
        assert response.status_code == 302
        assert response["Location"].startswith("/accounts/login/")


def test_what_is_not_theirs_is_not_there(client: Client, alice: User, charlie: User) -> None:
    conversation = conversation_of(alice)
    client.force_login(charlie)
    for address in (f"/c/{conversation.pk}/", f"/c/{conversation.pk}/messages/", f"/c/{uuid4()}/", "/c/not-a-uuid/"):
        assert client.get(address).status_code == 404


def test_the_page_carries_its_first_data_and_no_executable_text(client: Client, alice: User) -> None:
    conversation = conversation_of(alice, "</script><script>alert(1)</script>")
    client.force_login(alice)
    response = client.get(f"/c/{conversation.pk}/")
    page = response.content.decode()
    assert response.status_code == 200
    assert "<script>alert" not in page
    for script in re.findall(r"<script\b[^>]*>", page):
        assert 'type="application/json"' in script or "nonce=" in script or "src=" in script
    assert "unsafe" not in response["Content-Security-Policy"]
    assert not re.search(r"\s(style|on[a-z]+)=", page)
    assert "no-store" in response["Cache-Control"]


def test_messages_come_oldest_first_with_their_texts(client: Client, alice: User) -> None:
    conversation = conversation_of(alice, messages=4)
    client.force_login(alice)
    data = client.get(f"/c/{conversation.pk}/messages/").json()
    assert data["conversation"]["title"] == "A title"
    assert [row["text"][:6] for row in data["messages"]] == ["text 0", "text 1", "text 2", "text 3"]
    assert data["conversation"]["leaf"] == data["messages"][-1]["id"]


def test_the_list_is_read_in_pages(client: Client, alice: User, bob: User) -> None:
    for age in range(7):
        conversation_of(alice, f"title {age}", messages=0, age=age)
    conversation_of(bob, "not hers")
    client.force_login(alice)
    first = client.get("/conversations/", {"limit": 4}).json()
    assert [row["title"] for row in first["conversations"]] == ["title 0", "title 1", "title 2", "title 3"]
    assert first["more"] is True
    second = client.get("/conversations/", {"limit": 4, "before": first["conversations"][-1]["updated"]}).json()
    assert [row["title"] for row in second["conversations"]] == ["title 4", "title 5", "title 6"]
    assert second["more"] is False


@pytest.mark.parametrize(
    "query", [{"before": "yesterday"}, {"before": "2026-11-21"}, {"limit": "0"}, {"limit": "201"}, {"limit": "x"}]
)
def test_a_bad_question_is_answered_with_400(client: Client, alice: User, query: dict[str, str]) -> None:
    client.force_login(alice)
    response = client.get("/conversations/", query)
    assert response.status_code == 400
    assert response.json()["error"]


@pytest.mark.parametrize("count", [1, 40])
def test_the_number_of_queries_does_not_grow(
    client: Client, alice: User, django_assert_max_num_queries: Any, count: int
) -> None:
    for number in range(count):
        conversation = conversation_of(alice, messages=0, age=number)
    conversation = conversation_of(alice, messages=count)
    client.force_login(alice)
    for address in ("/", f"/c/{conversation.pk}/", f"/c/{conversation.pk}/messages/", "/conversations/"):
        with django_assert_max_num_queries(12):
            assert client.get(address).status_code == 200


def test_a_title_is_one_line_of_bounded_length(alice: User) -> None:
    conversation = conversation_of(alice)
    assert conversations.rename(alice.pk, conversation.pk, "  a\n b ")["title"] == "a b"
    for title, code in (("  ", "title_empty"), ("x" * 201, "title_too_long")):
        with pytest.raises(Refused) as refused:
            conversations.rename(alice.pk, conversation.pk, title)
        assert refused.value.code == code
