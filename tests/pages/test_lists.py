"""The list over HTTP: pages without gaps, places, search; for its owner alone."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone

from chatsite.accounts.models import User
from conversations.models import Conversation
from tests.pages.test_views import conversation_of

pytestmark = pytest.mark.django_db


def titles(page: dict[str, Any]) -> list[str]:
    return [row["title"] for row in page["conversations"]]


def test_the_list_is_read_in_pages(client: Client, alice: User, bob: User) -> None:
    for age in range(7):
        conversation_of(alice, f"title {age}", messages=0, age=age)
    conversation_of(bob, "not hers")
    client.force_login(alice)
    first = client.get("/conversations/", {"limit": 4}).json()
    assert titles(first) == ["title 0", "title 1", "title 2", "title 3"]
    assert first["more"] is True
    last = first["conversations"][-1]
    second = client.get("/conversations/", {"limit": 4, "before": last["updated"], "id": last["id"]}).json()
    assert titles(second) == ["title 4", "title 5", "title 6"]
    assert second["more"] is False


def test_rows_of_the_same_microsecond_are_all_shown(client: Client, alice: User) -> None:
    wanted = {f"title {number}" for number in range(9)}
    for title in wanted:
        conversation_of(alice, title, messages=0)
    Conversation.objects.update(updated_at=datetime(2026, 11, 21, 10, tzinfo=UTC))
    client.force_login(alice)
    shown: list[str] = []
    page = client.get("/conversations/", {"limit": 2}).json()
    while True:
        shown += titles(page)
        if not page["more"]:
            break
        last = page["conversations"][-1]
        page = client.get("/conversations/", {"limit": 2, "before": last["updated"], "id": last["id"]}).json()
    assert len(shown) == len(wanted)
    assert set(shown) == wanted


@pytest.mark.parametrize(
    "query",
    [
        {"before": "yesterday"},
        {"before": "2026-11-21T10:00:00"},
        {"before": "2026-11-21T10:00:00Z"},
        {"before": "2026-11-21T10:00:00Z", "id": "7"},
        {"limit": "0"},
        {"limit": "201"},
        {"limit": "x"},
        {"in": "nowhere"},
    ],
)
def test_a_bad_question_is_answered_with_400(client: Client, alice: User, query: dict[str, str]) -> None:
    client.force_login(alice)
    response = client.get("/conversations/", query)
    assert response.status_code == 400
    assert response.json()["error"]


def test_every_conversation_stands_in_one_place(client: Client, alice: User) -> None:
    client.force_login(alice)
    folder = client.post("/folders/", {"name": "Recipes"}, content_type="application/json").json()
    listed, pinned, archived, filed, deleted = (
        conversation_of(alice, title, messages=0) for title in ("listed", "pinned", "archived", "filed", "deleted")
    )
    now = timezone.now()
    Conversation.objects.filter(pk=pinned.pk).update(pinned_at=now)
    Conversation.objects.filter(pk=archived.pk).update(archived_at=now)
    Conversation.objects.filter(pk=filed.pk).update(folder=folder["id"])
    Conversation.objects.filter(pk=deleted.pk).update(trashed_at=now)
    page = client.get("/conversations/").json()
    assert titles(page) == ["listed"]
    assert [row["title"] for row in page["pinned"]] == ["pinned"]
    assert page["folders"] == [folder]
    assert titles(client.get("/conversations/", {"in": "archive"}).json()) == ["archived"]
    assert titles(client.get("/conversations/", {"in": folder["id"]}).json()) == ["filed"]
    assert client.get(f"/c/{deleted.pk}/messages/").status_code == 404
    assert listed.pk


def test_a_folder_of_somebody_else_is_not_there(client: Client, alice: User, charlie: User) -> None:
    client.force_login(alice)
    folder = client.post("/folders/", {"name": "Recipes"}, content_type="application/json").json()
    client.force_login(charlie)
    for answer in (
        client.get("/conversations/", {"in": folder["id"]}),
        client.patch(f"/folders/{folder['id']}/", {"name": "Mine"}, content_type="application/json"),
        client.delete(f"/folders/{folder['id']}/"),
        client.get("/conversations/", {"in": str(uuid4())}),
    ):
        assert answer.status_code == 404


@pytest.mark.parametrize("count", [1, 60])
def test_the_number_of_queries_does_not_grow(
    client: Client, alice: User, django_assert_max_num_queries: Any, count: int
) -> None:
    client.force_login(alice)
    for number in range(count):
        conversation_of(alice, f"title {number}", messages=0, age=number)
    for address in ("/conversations/", "/conversations/?in=archive", "/conversations/search/?q=title"):
        with django_assert_max_num_queries(12):
            assert client.get(address).status_code == 200


def test_titles_are_searched(client: Client, alice: User, bob: User) -> None:
    for number, title in enumerate(("Crème brûlée", "番茄炒蛋的做法", "STRASSENBAHN", "Other")):
        conversation_of(alice, title, messages=0, age=number)
    conversation_of(bob, "Creme of somebody else")
    client.force_login(alice)
    for words, found in (
        ("creme BRULEE", ["Crème brûlée"]),
        ("番茄", ["番茄炒蛋的做法"]),
        ("straße", ["STRASSENBAHN"]),
        ("brulee other", []),
    ):
        assert titles(client.get("/conversations/search/", {"q": words}).json()) == found
    assert client.get("/conversations/search/", {"q": "  "}).status_code == 400


def test_what_is_archived_is_found_and_what_is_deleted_is_not(client: Client, alice: User) -> None:
    archived, deleted = conversation_of(alice, "soup one", messages=0), conversation_of(alice, "soup two", messages=0)
    Conversation.objects.filter(pk=archived.pk).update(archived_at=timezone.now())
    Conversation.objects.filter(pk=deleted.pk).update(trashed_at=timezone.now())
    client.force_login(alice)
    (found,) = client.get("/conversations/search/", {"q": "soup"}).json()["conversations"]
    assert found["title"] == "soup one"
    assert found["archived"] is True
