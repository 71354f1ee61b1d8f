"""Administrators write shared presets, and see nobody's own."""

from __future__ import annotations

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.urls import reverse

from chatsite.accounts.models import User
from conversations.history.keyring import keyring
from conversations.models import Preset
from conversations.services import presets
from tests.admin.chats import MARK

pytestmark = pytest.mark.django_db
ADD = reverse("admin:conversations_preset_add")
LIST = reverse("admin:conversations_preset_changelist")


@pytest.fixture
def private(alice: User) -> Preset:
    presets.create(alice, presets.Content(name=f"{MARK} own", instructions=MARK), shared=False)
    return Preset.objects.get()


def test_a_shared_preset_is_written_in_the_admin(as_dana: Client) -> None:
    form = {"called": "Translator", "text": "Translate.", "sampling": '{"temperature": 1.3}', "thinking": "off"}
    assert as_dana.post(ADD, form).status_code == 302
    preset = Preset.objects.get()
    assert preset.user_id is None
    assert preset.unseal(keyring().organization(), "instructions") == "Translate."
    assert "Translator" in as_dana.get(LIST).content.decode()
    address = reverse("admin:conversations_preset_change", args=[preset.pk])
    assert "Translate." in as_dana.get(address).content.decode()
    assert as_dana.post(address, form | {"called": "Interpreter"}).status_code == 302
    preset.refresh_from_db()
    assert presets.shown(preset, keyring().organization())["name"] == "Interpreter"
    assert presets.shown(preset, keyring().organization())["options"] == {"temperature": 1.3}
    assert not [entry for entry in LogEntry.objects.all() if "Translat" in f"{entry.object_repr}{entry.change_message}"]


@pytest.mark.parametrize(
    ("field", "value"),
    [("sampling", "{"), ("sampling", '{"seed": 1}'), ("sampling", '{"temperature": 9}'), ("called", " ")],
)
def test_a_mistake_is_shown_and_nothing_saved(as_dana: Client, field: str, value: str) -> None:
    form = {"called": "Translator", "text": "Translate.", "sampling": "", "thinking": "off"}
    assert as_dana.post(ADD, form | {field: value}).status_code == 200
    assert not Preset.objects.exists()


def test_nobodys_own_presets_are_there(as_dana: Client, private: Preset) -> None:
    address = reverse("admin:conversations_preset_change", args=[private.pk])
    page = as_dana.get(LIST).content.decode()
    assert as_dana.get(address).status_code == 302
    assert MARK not in page
    assert bytes(private.name).hex()[:24] not in page
    assert str(private.pk) not in page
    for lookup in ("name__startswith", "user__email", "user"):
        assert as_dana.get(LIST, {lookup: "x"}).status_code in (302, 400)
