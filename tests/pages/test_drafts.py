"""Drafts over HTTP: theirs alone, ciphertext at rest, and no newer one lost to an older tab."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from django.test import Client

from chatsite.accounts.models import User
from conversations.models import Draft
from conversations.services import conversations
from tests.pages.test_views import conversation_of

pytestmark = pytest.mark.django_db


def put(client: Client, address: str, text: str, version: int) -> Any:
    return client.put(address, json.dumps({"text": text, "version": version}), "application/json")


def test_a_draft_is_there_on_the_next_device(client: Client, alice: User) -> None:
    conversation = conversation_of(alice)
    for address in ("/draft/", f"/c/{conversation.pk}/draft/"):
        client.force_login(alice)
        assert client.get(address).json()["version"] == 0
        assert put(client, address, f"half a thought at {address}", 0).json()["version"] == 1
        elsewhere = Client()
        elsewhere.force_login(alice)
        assert elsewhere.get(address).json()["text"] == f"half a thought at {address}"
    assert "half a thought at /c/" in client.get(f"/c/{conversation.pk}/").content.decode()
    assert "half a thought at /draft/" in client.get("/").content.decode()


def test_an_older_tab_is_told_of_the_newer_draft(client: Client, alice: User) -> None:
    client.force_login(alice)
    put(client, "/draft/", "first", 0)
    put(client, "/draft/", "newer", 1)
    response = put(client, "/draft/", "older", 1)
    assert response.status_code == 409
    assert response.json()["draft"]["text"] == "newer"
    assert response.json()["draft"]["version"] == 2
    assert put(client, "/draft/", "older, knowingly", 2).status_code == 200
    assert put(client, "/draft/", "another first one", 0).status_code == 409


def test_the_same_write_twice_is_one(client: Client, alice: User) -> None:
    client.force_login(alice)
    assert put(client, "/draft/", "text", 0).json() == put(client, "/draft/", "text", 0).json()


def test_an_emptied_draft_does_not_come_back_from_an_older_tab(client: Client, alice: User) -> None:
    client.force_login(alice)
    put(client, "/draft/", "text", 0)
    assert put(client, "/draft/", "", 1).json()["text"] == ""
    assert put(client, "/draft/", "text", 1).status_code == 409


def test_drafts_belong_to_one_person(client: Client, alice: User, charlie: User) -> None:
    conversation = conversation_of(alice)
    address = f"/c/{conversation.pk}/draft/"
    assert client.get(address).status_code == 302
    client.force_login(alice)
    put(client, "/draft/", "hers", 0)
    client.force_login(charlie)
    assert client.get(address).status_code == 404
    assert put(client, address, "x", 0).status_code == 404
    assert client.get("/draft/").json()["text"] == ""
    assert put(client, "/draft/", "his", 0).status_code == 200


def test_the_database_holds_no_readable_draft(client: Client, alice: User) -> None:
    client.force_login(alice)
    put(client, "/draft/", "a very private thought", 0)
    with connection.cursor() as cursor:
        cursor.execute("SELECT text FROM conversations_draft")
        (sealed,) = cursor.fetchone()
    assert b"private" not in bytes(sealed)


def test_a_draft_goes_with_its_conversation_and_its_person(client: Client, alice: User) -> None:
    conversation = conversation_of(alice)
    client.force_login(alice)
    put(client, f"/c/{conversation.pk}/draft/", "text", 0)
    put(client, "/draft/", "text", 0)
    conversations.delete(alice.pk, UUID(str(conversation.pk)))
    assert Draft.objects.count() == 1
    alice.delete()
    assert Draft.objects.count() == 0


@pytest.mark.parametrize(
    "body", ["", "[]", '{"text": 1, "version": 0}', '{"text": "x"}', '{"text": "\\ud800", "version": 0}']
)
def test_a_bad_body_is_answered_with_400(client: Client, alice: User, body: str) -> None:
    client.force_login(alice)
    assert client.put("/draft/", body, "application/json").status_code == 400
