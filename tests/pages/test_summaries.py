"""Summaries over HTTP: theirs alone, rewritten and removed by their owner; and the prices for estimates."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from importlib import import_module
from typing import Any
from uuid import uuid4

import pytest
from django.apps import apps
from django.test import Client
from uuid_utils.compat import uuid7

from chatsite.accounts.models import User
from conversations.history.keyring import keyring
from conversations.models import Conversation, Message, Pause, Price, Summary
from conversations.services import standing
from conversations.services.branches import branch_to
from conversations.services.context import context_of
from tests.pages.test_views import conversation_of

pytestmark = pytest.mark.django_db


def summary_of(user: User, conversation: Conversation, message: Message, text: str = "- a point") -> Summary:
    now = datetime.now(UTC)
    row = Summary(id=uuid7(), conversation=conversation, message=message, created_at=now, changed_at=now)
    row.seal(keyring().user(user.pk), text=text)
    row.save()
    return row


def put(client: Client, address: str, **body: Any) -> Any:
    return client.put(address, json.dumps(body), "application/json")


def prompt_of(user: User, conversation: Conversation, leaf: Message | None) -> list[str]:
    branch = branch_to(conversation, leaf.pk if leaf else None)
    return [turn.text for turn in context_of(conversation, branch, keyring().user(user.pk), "deepseek-flash").turns]


def test_a_summary_holds_for_every_branch_with_its_message(alice: User) -> None:
    conversation = conversation_of(alice, messages=4)
    first, second, third, fourth = Message.objects.filter(conversation=conversation).order_by("id")
    other = Message(id=uuid7(), conversation=conversation, parent=second, role="user", created_at=fourth.created_at)
    other.seal(keyring().user(alice.pk), text="another way")
    other.save()
    summary_of(alice, conversation, second)
    for leaf, last in ((fourth, "text 3"), (other, "another way"), (third, "text 2")):
        prompt = prompt_of(alice, conversation, leaf)
        assert prompt[0].endswith("- a point")
        assert prompt[-1].startswith(last)
        assert not any(text.startswith(("text 0", "text 1")) for text in prompt)
    assert prompt_of(alice, conversation, first)[0].startswith("text 0")


def test_the_summary_furthest_down_is_in_force(alice: User) -> None:
    conversation = conversation_of(alice, messages=6)
    messages = list(Message.objects.filter(conversation=conversation).order_by("id"))
    summary_of(alice, conversation, messages[1], "- earlier")
    summary_of(alice, conversation, messages[3], "- later")
    prompt = prompt_of(alice, conversation, messages[5])
    assert prompt[0].endswith("- later")
    assert len(prompt) == 3


def test_a_person_rewrites_and_removes_it(client: Client, alice: User) -> None:
    conversation = conversation_of(alice)
    row = summary_of(alice, conversation, conversation.leaf)  # type: ignore[arg-type]
    address = f"/c/{conversation.pk}/summaries/{row.pk}/"
    client.force_login(alice)
    written = put(client, address, text=" my words\n", version=1).json()
    assert (written["text"], written["author"], written["version"]) == ("my words", "person", 2)
    assert client.get(f"/c/{conversation.pk}/messages/").json()["summaries"] == [written]
    outdated = put(client, address, text="older", version=1)
    assert outdated.status_code == 409
    assert outdated.json()["summary"]["text"] == "my words"
    assert put(client, address, text="  ", version=2).status_code == 400
    assert client.delete(address).status_code == 204
    assert client.get(f"/c/{conversation.pk}/summaries/").json() == {"summaries": []}
    assert put(client, address, text="again", version=2).status_code == 404


def test_a_summary_is_its_owners_alone(client: Client, alice: User, charlie: User) -> None:
    conversation = conversation_of(alice)
    row = summary_of(alice, conversation, conversation.leaf)  # type: ignore[arg-type]
    address = f"/c/{conversation.pk}/summaries/{row.pk}/"
    assert client.delete(address).status_code == 302
    client.force_login(charlie)
    assert put(client, address, text="mine", version=1).status_code == 404
    assert client.delete(address).status_code == 404
    assert client.get(f"/c/{conversation.pk}/summaries/").status_code == 404
    wanted = {"leaf": str(uuid4()), "model": "deepseek-flash", "thinking": "off"}
    assert client.post(f"/c/{conversation.pk}/summaries/", wanted, "application/json").status_code == 404
    own = conversation_of(charlie)
    assert client.delete(f"/c/{own.pk}/summaries/{row.pk}/").status_code == 404
    assert Summary.objects.count() == 1


def test_prices_are_those_of_the_moment(client: Client, alice: User) -> None:
    if not Price.objects.exists():
        import_module("conversations.migrations.0002_prices").seed(apps, None)
    client.force_login(alice)
    rows = client.get("/prices/").json()["prices"]
    assert set(rows) == {"deepseek-flash", "deepseek-v4-pro"}
    for row in rows.values():
        assert 0 < float(row["cache_hit"]) < float(row["cache_miss"]) < float(row["output"])
        assert row["currency"] == "USD"


def test_who_is_paused_has_nothing_summarized(client: Client, alice: User) -> None:
    conversation = conversation_of(alice, messages=2)
    Pause.objects.create(user=alice, until=datetime.now(UTC) + timedelta(hours=1))
    standing.forget()
    client.force_login(alice)
    wanted = {"leaf": str(conversation.leaf_id or uuid7()), "model": "deepseek-flash", "thinking": "off"}
    answer = client.post(f"/c/{conversation.pk}/summaries/", json.dumps(wanted), "application/json")
    assert (answer.status_code, answer.json()["error"]) == (400, "paused")
