"""Imports over HTTP: each chat once, whole or not at all, and a word about what is wrong."""

from __future__ import annotations

import io
import json
import zipfile
from uuid import UUID

import pytest
from django.test import Client

from chatsite.accounts.models import User
from conversations.models import (
    Conversation,
    Folder,
    Generation,
    UpstreamCall,
    UsageDay,
)
from conversations.services import folders
from conversations.services.importing import storing
from tests.pages.transfer import imported
from tests.services.importing.samples import chatgpt, open_webui

_FUTURE = b'{"format":"chatsite","version":9,"conversations":[]}'

pytestmark = pytest.mark.django_db(transaction=True)


def test_the_same_file_twice_is_imported_once(alice: User) -> None:
    data = [chatgpt(), open_webui(), chatgpt(conversation_id=None, title="No id")]
    assert imported(alice, data)["imported"] == 3
    again = imported(alice, data)
    assert (again["imported"], again["duplicates"]) == (0, 3)
    assert Conversation.objects.count() == 3


def test_what_was_deleted_can_be_imported_again(client: Client, alice: User) -> None:
    imported(alice, [chatgpt()])
    first = Conversation.objects.get()
    client.force_login(alice)
    chosen = {"conversations": [str(first.pk)]}
    client.post("/conversations/delete/", chosen, content_type="application/json")
    assert imported(alice, [chatgpt()])["imported"] == 1
    restored = client.post("/conversations/restore/", chosen, content_type="application/json")
    assert restored.status_code == 200
    assert imported(alice, [chatgpt()])["duplicates"] == 1


def test_an_imported_chat_is_whole_sealed_and_of_its_time(client: Client, alice: User) -> None:
    imported(alice, [chatgpt()])
    row = Conversation.objects.get()
    assert row.created_at.year == 2025
    assert b"Sourdough" not in bytes(row.title)
    assert "chatgpt-1" not in row.origin
    client.force_login(alice)
    data = client.get(f"/c/{row.pk}/messages/").json()
    # The branch, whose answer has an alternative.
    assert [message["text"] for message in data["messages"]] == ["How do I start?", "With rye flour."]
    assert len(data["messages"][1]["alternatives"]) == 2
    assert data["conversation"]["leaf"] == data["messages"][-1]["id"]
    assert data["conversation"]["model"] == "deepseek-flash"
    assert data["messages"][1]["generation"]["model"] == "gpt-4o"
    assert data["messages"][1]["created"].startswith("2025-10-09")
    assert [UUID(message["id"]) for message in data["messages"]] == sorted(UUID(m["id"]) for m in data["messages"])


def test_what_is_wrong_is_named_and_the_rest_comes_in(alice: User) -> None:
    report = imported(
        alice, [chatgpt(), {"mapping": {"a": 7}, "title": "Bad"}, chatgpt(mapping={}, conversation_id="e")]
    )
    assert (report["imported"], report["failed"]) == (1, 2)
    assert [skipped["number"] for skipped in report["skipped"]] == [2, 3]
    assert "$.mapping" in report["skipped"][0]["reason"]
    assert "no messages" in report["skipped"][1]["reason"]
    assert Conversation.objects.count() == 1


def test_signs_that_no_column_takes_spoil_no_import(alice: User) -> None:
    """PostgreSQL takes no NUL in texts; models and the ends of answers are such."""
    chat = chatgpt(conversation_id="nul")
    for node in chat["mapping"].values():
        if node["message"] and "metadata" in node["message"]:
            node["message"]["metadata"]["model_slug"] = "gpt\0-4o"
    cost = {"amount": "1", "currency": "U\0D"}
    generation = {"model": "m\0", "finish_reason": "\0", "error": "e\0", "status": "failed", "cost": cost}
    messages = [
        {"id": "a", "role": "user", "text": "\0"},
        {"id": "b", "parent": "a", "role": "assistant", "text": "x", "generation": generation},
    ]
    own = {
        "format": "chatsite",
        "version": 1,
        "conversations": [{"id": "x", "title": "a\0", "messages": messages}],
    }
    assert imported(alice, [chat])["imported"] == 1
    assert imported(alice, own)["imported"] == 1
    assert {row.model for row in Generation.objects.all()} == {"gpt-4o", "m"}


def test_a_folder_that_is_deleted_meanwhile_is_made_again(alice: User) -> None:
    chats = [
        {"id": key, "title": key, "folder": "f", "messages": [{"id": "a", "role": "user", "text": "x"}]} for key in "xy"
    ]
    known = {"id": "f", "name": "Recipes"}
    data = {"format": "chatsite", "version": 1, "folders": [known], "conversations": chats}
    folder = folders.create(alice.pk, "Recipes")
    running = storing.Import(alice, "deepseek-flash")
    folders.delete(alice.pk, UUID(folder["id"]))
    report = running.run(json.dumps(data).encode())
    assert (report.imported, report.duplicates) == (2, 0)
    assert set(Conversation.objects.values_list("folder_id", flat=True)) == {Folder.objects.get().pk}


def test_a_damaged_zip_is_refused(alice: User) -> None:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("conversations.json", json.dumps([chatgpt()]))
    data = bytearray(target.getvalue())
    data[60:70] = b"\xff" * 10
    report = imported(alice, bytes(data))
    assert (report["status"], report["code"]) == (400, "not_an_export")
    assert "damaged" in report["error"]


@pytest.mark.parametrize("data", [b"", b"hello", b"[", b"PK\x03\x04", _FUTURE])
def test_nothing_is_imported_from_what_is_no_export(alice: User, data: bytes) -> None:
    report = imported(alice, data)
    assert report["status"] == 400
    assert "Nothing was imported" in report["error"]
    assert not Conversation.objects.exists()


def test_a_file_that_is_too_large_is_refused(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("conversations.pages.imports.MOST_BYTES", 1000)
    report = imported(alice, b"[" + b" " * 2000 + b"]")
    assert (report["status"], report["code"]) == (400, "too_large")


def test_imported_answers_cost_nothing_in_the_ledger(alice: User) -> None:
    imported(alice, [chatgpt()])
    assert not UpstreamCall.objects.exists()
    assert not UsageDay.objects.exists()
