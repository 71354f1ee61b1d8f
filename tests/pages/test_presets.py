"""Presets and chat settings over HTTP: sealed, checked, for their owner alone; shared ones by administrators."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from chatsite.accounts.models import User
from conversations.history.cipher import Unreadable
from conversations.history.keyring import keyring
from conversations.models import Conversation, Preset
from tests.pages.test_views import conversation_of

pytestmark = pytest.mark.django_db

PIRATE = {
    "name": "Pirate",
    "instructions": "Speak like a pirate.",
    "model": "deepseek-v4-pro",
    "thinking": "low",
    "options": {"temperature": 0.5, "stop": ["END"], "json_mode": True},
}


def make(client: Client, **changes: Any) -> Any:
    return client.post("/presets/", PIRATE | changes, content_type="application/json")


def of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def names(client: Client) -> list[tuple[str, bool]]:
    return [(row["name"], row["shared"]) for row in client.get("/presets/").json()["presets"]]


def test_a_preset_is_made_changed_and_deleted(alice: User) -> None:
    client = of(alice)
    made = make(client)
    assert made.status_code == 201
    row = made.json()["preset"]
    assert {name: row[name] for name in PIRATE} == PIRATE
    assert client.get("/presets/").json() == {"presets": [row], "manages_shared": False}
    changed = {"name": " Old  salt ", "options": {}}
    answer = client.put(f"/presets/{row['id']}/", changed, content_type="application/json")
    assert answer.json()["preset"]["name"] == "Old salt"
    assert answer.json()["preset"]["options"] == {}
    assert client.delete(f"/presets/{row['id']}/").status_code == 200
    assert names(client) == []
    assert client.delete(f"/presets/{row['id']}/").status_code == 404


def test_own_presets_are_for_their_owner(alice: User, charlie: User, dana: User) -> None:
    row = make(of(alice)).json()["preset"]
    for other in (charlie, dana):
        assert names(of(other)) == []
        address = f"/presets/{row['id']}/"
        assert of(other).put(address, PIRATE, content_type="application/json").status_code == 404
        assert of(other).delete(address).status_code == 404
    assert Client().get("/presets/").status_code == 302


def test_shared_presets_are_written_by_administrators_and_used_by_all(alice: User, dana: User) -> None:
    assert make(of(alice), shared=True).json()["error"] == "not_allowed"
    row = make(of(dana), shared=True).json()["preset"]
    assert names(of(alice)) == names(of(dana)) == [("Pirate", True)]
    refused = of(alice).delete(f"/presets/{row['id']}/")
    assert (refused.status_code, refused.json()["error"]) == (422, "not_allowed")
    preset = Preset.objects.get()
    assert preset.unseal(keyring().organization(), "name") == "Pirate"
    with pytest.raises(Unreadable):
        preset.unseal(keyring().user(dana.pk), "name")


def test_what_a_preset_says_is_ciphertext(alice: User) -> None:
    make(of(alice))
    preset = Preset.objects.get()
    stored = bytes(preset.name) + bytes(preset.instructions) + bytes(preset.options)
    assert not [word for word in (b"Pirate", b"pirate", b"END") if word in stored]
    assert "Pirate" not in f"{preset} {preset!r}"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": "  "}, "name"),
        ({"name": "x" * 81}, "name"),
        ({"instructions": "x" * 20_001}, "instructions"),
        ({"options": {"temperature": 3}}, "temperature"),
        ({"options": {"max_tokens": 0}}, "max_tokens"),
    ],
)
def test_a_mistake_is_refused_with_its_field(alice: User, changes: dict[str, Any], field: str) -> None:
    answer = make(of(alice), **changes)
    assert answer.status_code == 422
    assert answer.json()["field"] == field
    assert not Preset.objects.exists()


@pytest.mark.parametrize("body", ["", "[]", '{"name": 3}', '{"name":"x","options":{"seed":1}}', "{" * 100_000])
def test_a_body_that_is_none_is_refused(alice: User, body: str) -> None:
    answer = of(alice).post("/presets/", body, content_type="application/json")
    assert answer.status_code == 400


def test_presets_go_with_their_owner(alice: User) -> None:
    make(of(alice))
    alice.delete()
    assert not Preset.objects.exists()


def test_the_settings_of_a_chat_are_written(alice: User, charlie: User) -> None:
    conversation = conversation_of(alice)
    address = f"/c/{conversation.pk}/settings/"
    body = {"instructions": " Be brief. ", "options": {"top_p": 0.9}}
    row = of(alice).post(address, body, content_type="application/json").json()["conversation"]
    assert (row["instructions"], row["options"]) == ("Be brief.", {"top_p": 0.9})
    read = of(alice).get(f"/c/{conversation.pk}/messages/").json()["conversation"]
    assert (read["instructions"], read["options"]) == ("Be brief.", {"top_p": 0.9})
    assert "instructions" not in of(alice).get("/conversations/").json()["conversations"][0]
    assert b"brief" not in bytes(Conversation.objects.get().instructions)
    assert of(charlie).post(address, body, content_type="application/json").status_code == 404
    assert of(alice).post(f"/c/{uuid4()}/settings/", body, content_type="application/json").status_code == 404
    refused = of(alice).post(address, {"options": {"top_p": 7}}, content_type="application/json")
    assert (refused.status_code, refused.json()["field"]) == (422, "top_p")


def test_the_page_says_what_has_no_effect(alice: User) -> None:
    config = of(alice).get("/").context["config"]
    flash = next(model for model in config["models"] if model["id"] == "deepseek-flash")
    assert "thinks" in flash["effects"]["thinking"]["ignored"]["temperature"]
    assert "temperature" not in flash["effects"]["plain"]["ignored"]
    assert set(flash["effects"]["plain"]["ignored"]) == {"top_p", "frequency_penalty", "presence_penalty"}
