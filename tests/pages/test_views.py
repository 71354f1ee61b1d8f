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
from conversations.models import Conversation, Generation, Message
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
    branch = f"/c/{conversation.pk}/branch/?end={conversation.leaf_id}"
    for address in ("/", f"/c/{conversation.pk}/", f"/c/{conversation.pk}/messages/", branch, "/conversations/"):
        response = client.get(address)
        assert response.status_code == 302
        assert response["Location"].startswith("/accounts/login/")


def test_what_is_not_theirs_is_not_there(client: Client, alice: User, charlie: User) -> None:
    conversation = conversation_of(alice)
    client.force_login(charlie)
    addresses = [f"/c/{conversation.pk}/", f"/c/{conversation.pk}/messages/", f"/c/{uuid4()}/", "/c/not-a-uuid/"]
    for name in ("end", "through"):
        addresses.append(f"/c/{conversation.pk}/branch/?{name}={conversation.leaf_id}")
        # What is theirs shows nothing of what is not.
        addresses.append(f"/c/{conversation_of(charlie).pk}/branch/?{name}={conversation.leaf_id}")
    for address in addresses:
        assert client.get(address).status_code == 404


def test_a_page_of_a_branch_needs_its_end(client: Client, alice: User) -> None:
    conversation = conversation_of(alice, messages=4)
    client.force_login(alice)
    address = f"/c/{conversation.pk}/branch/"
    first = client.get(f"/c/{conversation.pk}/messages/").json()["messages"][0]["id"]
    assert len(client.get(address, {"through": first, "reach": first}).json()["messages"]) == 4
    assert len(client.get(address, {"end": first}).json()["messages"]) == 1
    for query in ({}, {"end": "no id"}, {"end": first, "through": first}):
        assert client.get(address, query).status_code == 400


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


@pytest.mark.parametrize("count", [1, 40])
def test_the_number_of_queries_does_not_grow(
    client: Client,
    alice: User,
    django_assert_max_num_queries: Any,
    django_capture_on_commit_callbacks: Any,
    count: int,
) -> None:
    # The key ring keeps a cipher after the commit only, which a test never gets to.
    with django_capture_on_commit_callbacks(execute=True):
        keyring().user(alice.pk)
    for number in range(count):
        conversation_of(alice, messages=0, age=number)
    conversation = conversation_of(alice, messages=2 * count)
    assert conversation.leaf is not None
    for answer in Message.objects.filter(conversation=conversation, role=Message.Role.ASSISTANT):
        status = "running" if answer == conversation.leaf else "complete"
        Generation.objects.create(
            message=answer, user=alice, command=uuid4(), status=status, created_at=answer.created_at
        )
    client.force_login(alice)
    branch = f"/c/{conversation.pk}/branch/?through={conversation.leaf_id}&reach={conversation.leaf_id}"
    for address in ("/", f"/c/{conversation.pk}/", f"/c/{conversation.pk}/messages/", branch, "/conversations/"):
        with django_assert_max_num_queries(12):
            assert client.get(address).status_code == 200


def test_a_title_is_one_line_of_bounded_length(alice: User) -> None:
    conversation = conversation_of(alice)
    assert conversations.rename(alice.pk, conversation.pk, "  a\n b ")["title"] == "a b"
    for title, code in (("  ", "title_empty"), ("x" * 201, "title_too_long")):
        with pytest.raises(Refused) as refused:
            conversations.rename(alice.pk, conversation.pk, title)
        assert refused.value.code == code
