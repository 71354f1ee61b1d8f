"""Pin, archive, move, folders, delete and undo over HTTP."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone

from chatsite.accounts.models import User
from conversations.models import Conversation, Folder, Message
from conversations.services import listing, trash_collector
from tests.pages.test_views import conversation_of

pytestmark = pytest.mark.django_db


def post(client: Client, address: str, **body: Any) -> Any:
    return client.post(address, body, content_type="application/json")


@pytest.fixture
def folder(client: Client, alice: User) -> str:
    client.force_login(alice)
    return str(post(client, "/folders/", name="Recipes").json()["id"])


def test_several_are_pinned_archived_and_moved_at_once(client: Client, alice: User, folder: str) -> None:
    ids = [str(conversation_of(alice, messages=0).pk) for _ in range(3)]
    rows = post(client, "/conversations/arrange/", conversations=ids, pinned=True, folder=folder).json()
    assert [(row["pinned"], row["archived"], row["folder"]) for row in rows["conversations"]] == [
        (True, False, folder)
    ] * 3
    rows = post(client, "/conversations/arrange/", conversations=ids, archived=True).json()
    assert [(row["pinned"], row["archived"], row["folder"]) for row in rows["conversations"]] == [
        (False, True, folder)
    ] * 3
    rows = post(client, "/conversations/arrange/", conversations=ids, pinned=True, folder=None).json()
    assert [(row["pinned"], row["archived"], row["folder"]) for row in rows["conversations"]] == [
        (True, False, None)
    ] * 3


def test_the_order_of_the_list_does_not_change(client: Client, alice: User, folder: str) -> None:
    conversation = conversation_of(alice, messages=0, age=500)
    post(client, "/conversations/arrange/", conversations=[str(conversation.pk)], archived=True, folder=folder)
    again = Conversation.objects.get(pk=conversation.pk)
    assert again.updated_at == conversation.updated_at


@pytest.mark.parametrize("address", ["/conversations/arrange/", "/conversations/delete/"])
def test_all_or_none(client: Client, alice: User, charlie: User, address: str) -> None:
    mine, theirs = conversation_of(charlie, messages=0), conversation_of(alice, messages=0)
    client.force_login(charlie)
    body = {"archived": True} if "arrange" in address else {}
    for other in (str(theirs.pk), str(uuid4())):
        answer = post(client, address, conversations=[str(mine.pk), other], **body)
        assert answer.status_code == 404
    assert not Conversation.objects.filter(archived_at__isnull=False).exists()
    assert not Conversation.objects.filter(trashed_at__isnull=False).exists()


def test_pins_are_bounded(client: Client, alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listing, "MOST_PINNED", 2)
    client.force_login(alice)
    ids = [str(conversation_of(alice, messages=0).pk) for _ in range(3)]
    answer = post(client, "/conversations/arrange/", conversations=ids, pinned=True)
    assert answer.status_code == 400
    assert answer.json()["code"] == "too_many_pinned"
    assert post(client, "/conversations/arrange/", conversations=ids[:2], pinned=True).status_code == 200


def test_what_is_had_back_beyond_the_bound_of_pins_is_shown(
    client: Client, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing, "MOST_PINNED", 2)
    client.force_login(alice)
    ids = [str(conversation_of(alice, messages=0).pk) for _ in range(3)]
    post(client, "/conversations/arrange/", conversations=ids[:2], pinned=True)
    post(client, "/conversations/delete/", conversations=ids[:1])
    post(client, "/conversations/arrange/", conversations=ids[2:], pinned=True)
    post(client, "/conversations/restore/", conversations=ids[:1])
    assert {row["id"] for row in listing.first_page(alice.pk)["pinned"]} == set(ids)


def test_a_folder_is_sealed_renamed_and_deleted_without_its_chats(client: Client, alice: User, folder: str) -> None:
    conversation = conversation_of(alice, messages=2)
    post(client, "/conversations/arrange/", conversations=[str(conversation.pk)], folder=folder)
    assert b"Recipes" not in bytes(Folder.objects.get(pk=folder).name)
    renamed = client.patch(f"/folders/{folder}/", {"name": "  Soups \n"}, content_type="application/json")
    assert renamed.json() == {"id": folder, "name": "Soups"}
    assert client.delete(f"/folders/{folder}/").status_code == 200
    assert client.get("/folders/").json() == {"folders": []}
    assert Conversation.objects.get(pk=conversation.pk).folder_id is None
    assert Message.objects.filter(conversation=conversation).count() == 2


@pytest.mark.parametrize("name", ["", "   ", "x" * 101])
def test_a_folder_needs_a_name_of_bounded_length(client: Client, alice: User, name: str) -> None:
    client.force_login(alice)
    assert post(client, "/folders/", name=name).status_code == 400
    assert not Folder.objects.exists()


def test_what_is_deleted_can_be_had_back(client: Client, alice: User, folder: str) -> None:
    conversation = conversation_of(alice, "soup", messages=2)
    chosen = [str(conversation.pk)]
    post(client, "/conversations/arrange/", conversations=chosen, folder=folder)
    assert post(client, "/conversations/delete/", conversations=chosen).status_code == 200
    assert client.get(f"/c/{conversation.pk}/").status_code == 404
    assert client.get("/conversations/search/?q=soup").json()["conversations"] == []
    assert post(client, "/conversations/arrange/", conversations=chosen, pinned=True).status_code == 404
    back = post(client, "/conversations/restore/", conversations=chosen).json()
    assert [row["folder"] for row in back["conversations"]] == [folder]
    assert back["gone"] == []
    assert len(client.get(f"/c/{conversation.pk}/messages/").json()["messages"]) == 2


def test_nobody_else_has_it_back(client: Client, alice: User, charlie: User) -> None:
    conversation = conversation_of(alice, messages=0)
    client.force_login(alice)
    post(client, "/conversations/delete/", conversations=[str(conversation.pk)])
    client.force_login(charlie)
    back = post(client, "/conversations/restore/", conversations=[str(conversation.pk)]).json()
    assert back == {"conversations": [], "gone": [str(conversation.pk)]}
    assert Conversation.objects.get(pk=conversation.pk).trashed_at is not None


def test_the_trash_is_emptied_after_its_time(client: Client, alice: User) -> None:
    old, new = conversation_of(alice, messages=4), conversation_of(alice, messages=4)
    client.force_login(alice)
    post(client, "/conversations/delete/", conversations=[str(old.pk), str(new.pk)])
    Conversation.objects.filter(pk=old.pk).update(trashed_at=timezone.now() - timedelta(seconds=30))
    assert trash_collector.remove_one(trash_collector.KEPT) == []
    assert trash_collector.remove_one(trash_collector.KEPT) is None
    assert list(Conversation.objects.values_list("pk", flat=True)) == [new.pk]
    assert not Message.objects.filter(conversation=old).exists()
    back = post(client, "/conversations/restore/", conversations=[str(old.pk), str(new.pk)]).json()
    assert back["gone"] == [str(old.pk)]
    assert [row["id"] for row in back["conversations"]] == [str(new.pk)]


@pytest.mark.parametrize(
    "body", [{}, {"conversations": ["x"]}, {"conversations": [], "colour": "red"}, {"conversations": 3}]
)
def test_what_is_not_understood_is_refused(client: Client, alice: User, body: dict[str, Any]) -> None:
    client.force_login(alice)
    assert post(client, "/conversations/arrange/", **body).status_code == 400


def test_a_foreign_page_can_change_nothing(alice: User) -> None:
    client = Client(enforce_csrf_checks=True)
    conversation = conversation_of(alice, messages=0)
    client.force_login(alice)
    answer = post(client, "/conversations/delete/", conversations=[str(conversation.pk)])
    assert answer.status_code == 403
    assert Conversation.objects.get(pk=conversation.pk).trashed_at is None
