"""Every administrative change leaves an entry, from whichever page."""

from __future__ import annotations

import json
from typing import Any

from django.contrib.auth.models import Group, Permission
from django.test import Client

from chatsite.accounts import invitations
from chatsite.accounts.models import User
from chatsite.accounts.roles import ANALYSTS, SUPPORT
from conversations.models import AuditEntry, Holiday, Preset, Price
from conversations.services import audit
from tests.admin.chats import MARK
from tests.cast import PASSWORD

PRICE = {
    "model": "new",
    "valid_from_0": "2026-12-01",
    "valid_from_1": "00:00",
    "currency": "USD",
    "cache_hit": "0.1",
    "cache_miss": "1",
    "output": "2",
    "peak_factor": "1",
}


def last() -> tuple[AuditEntry, dict[str, Any]]:
    entry = AuditEntry.objects.latest("number")
    return entry, json.loads(entry.changes)


def test_a_row_is_added_changed_and_deleted(as_dana: Client, dana: User) -> None:
    assert as_dana.post("/admin/conversations/price/add/", PRICE, REMOTE_ADDR="192.0.2.7").status_code == 302
    price = Price.objects.get(model="new")
    entry, changes = last()
    assert (entry.action, entry.kind, entry.actor, entry.address) == (
        audit.ADDED,
        "conversations.price",
        dana.email,
        "192.0.2.7",
    )
    assert changes["output"] == [None, "2.000000"]

    as_dana.post(f"/admin/conversations/price/{price.pk}/change/", PRICE | {"output": "3"})
    entry, changes = last()
    assert (entry.action, changes) == (audit.CHANGED, {"output": ["2.000000", "3.000000"]})

    as_dana.post(f"/admin/conversations/price/{price.pk}/delete/", {"post": "yes"})
    entry, changes = last()
    assert (entry.action, entry.subject_ref, changes["output"]) == (audit.DELETED, str(price.pk), ["3.000000", None])
    assert not audit.verify().fault


def test_saving_without_a_change_leaves_nothing(as_dana: Client) -> None:
    as_dana.post("/admin/conversations/price/add/", PRICE)
    before = AuditEntry.objects.count()
    as_dana.post(f"/admin/conversations/price/{Price.objects.get(model='new').pk}/change/", PRICE)
    assert AuditEntry.objects.count() == before


def test_rows_that_a_list_action_deletes_are_named_one_by_one(as_dana: Client) -> None:
    holidays = [Holiday.objects.create(day=f"2031-01-0{number}", name="Feast") for number in (1, 2)]
    chosen = {"action": "delete_selected", "_selected_action": [str(row.pk) for row in holidays], "post": "yes"}

    as_dana.post("/admin/conversations/holiday/", chosen)

    deleted = AuditEntry.objects.filter(action=audit.DELETED, kind="conversations.holiday")
    assert {entry.subject for entry in deleted} == {"2031-01-01 Feast", "2031-01-02 Feast"}


def test_rights_given_and_taken(as_dana: Client, alice: User) -> None:
    group = Group.objects.get(name=ANALYSTS)
    form = {"email": alice.email, "name": "Alice", "is_active": "on"}

    as_dana.post(f"/admin/accounts/user/{alice.pk}/change/", form | {"groups": str(group.pk)})
    changed = [json.loads(entry.changes) for entry in AuditEntry.objects.filter(subject=alice.email)]
    assert {"groups": [None, ANALYSTS]} in changed
    assert {"is_staff": ["False", "True"]} in changed

    as_dana.post(f"/admin/accounts/user/{alice.pk}/change/", form)
    changed = [json.loads(entry.changes) for entry in AuditEntry.objects.filter(subject=alice.email)]
    assert {"groups": [ANALYSTS, None]} in changed


def test_all_rights_of_a_group_are_told(as_dana: Client) -> None:
    rights = [str(each.pk) for each in Permission.objects.all()]
    as_dana.post("/admin/auth/group/add/", {"name": "Everything", "permissions": rights})

    _entry, changes = last()
    _old, new = changes["permissions"]
    assert all(str(each) in new for each in Permission.objects.all())


def test_a_password_is_set_and_not_told(as_dana: Client, alice: User) -> None:
    fields = {"usable_password": "true", "password1": PASSWORD + "!", "password2": PASSWORD + "!"}
    as_dana.post(f"/admin/accounts/user/{alice.pk}/password/", fields)

    entry, changes = last()
    assert (entry.subject, changes) == (alice.email, {"password": [audit.HIDDEN, audit.HIDDEN]})


def test_a_deleted_person_is_one_entry(as_dana: Client, alice: User) -> None:
    Preset.objects.create(user=alice, model="", thinking="")
    as_dana.post(f"/admin/accounts/user/{alice.pk}/delete/", {"post": "yes"})

    deleted = AuditEntry.objects.filter(action=audit.DELETED)
    assert [(entry.kind, entry.subject) for entry in deleted] == [("accounts.user", alice.email)]


def test_texts_stay_out(as_dana: Client) -> None:
    fields = {"called": f"{MARK} preset", "text": f"{MARK} instructions", "model": "", "thinking": "", "sampling": ""}
    assert as_dana.post("/admin/conversations/preset/add/", fields).status_code == 302

    entry, changes = last()
    assert (entry.action, changes["name"]) == (audit.ADDED, [None, audit.HIDDEN])
    assert MARK not in f"{entry.subject} {entry.changes}"
    assert MARK not in as_dana.get(f"/admin/conversations/auditentry/{entry.pk}/change/").content.decode()


def test_shared_presets_of_the_chat_are_administrative_too(as_dana: Client, dana: User) -> None:
    body = json.dumps({"name": f"{MARK} preset", "instructions": MARK, "shared": True})
    made = as_dana.post("/presets/", body, content_type="application/json", REMOTE_ADDR="192.0.2.7").json()["preset"]
    entry, changes = last()
    assert (entry.action, entry.actor, entry.address) == (audit.ADDED, dana.email, "192.0.2.7")
    assert changes["name"] == [None, audit.HIDDEN]

    as_dana.put(f"/presets/{made['id']}/", json.dumps({"name": "Other"}), content_type="application/json")
    assert (last()[0].action, last()[0].subject_ref) == (audit.CHANGED, made["id"])
    as_dana.delete(f"/presets/{made['id']}/")
    assert (last()[0].action, last()[0].subject_ref) == (audit.DELETED, made["id"])
    assert MARK not in "".join(entry.changes for entry in AuditEntry.objects.all())

    before = AuditEntry.objects.count()
    as_dana.post("/presets/", json.dumps({"name": "Mine"}), content_type="application/json")
    assert AuditEntry.objects.count() == before


def test_invitations_are_administrative_too(as_dana: Client, alice: User) -> None:
    as_dana.post("/accounts/invitations/", {"email": "bob@example.org"})
    entry, changes = last()
    assert (entry.action, entry.kind, changes["token_hash"]) == (
        audit.ADDED,
        "accounts.invitation",
        [None, audit.HIDDEN],
    )
    as_dana.post(f"/accounts/invitations/{entry.subject_ref}/revoke/")
    entry, changes = last()
    assert (entry.action, list(changes)) == (audit.CHANGED, ["revoked_at"])


def test_what_people_do_themselves_is_not_administrative(client: Client, alice: User, dana: User) -> None:
    _, token = invitations.issue(email="bob@example.org", is_administrator=False, invited_by=dana)
    client.post(f"/accounts/invitations/{token}/", {"password": PASSWORD})
    alice.name = "Al"
    alice.save()
    assert not AuditEntry.objects.exists()


def test_the_log_is_looked_at_and_not_touched(as_dana: Client) -> None:
    as_dana.post("/admin/conversations/price/add/", PRICE)
    entry, _ = last()

    page = as_dana.get(f"/admin/conversations/auditentry/{entry.pk}/change/").content.decode()
    assert "2.000000" in page
    assert entry.hash in page
    assert as_dana.get("/admin/conversations/auditentry/", {"q": "dana@"}).status_code == 200
    for address in ("add/", f"{entry.pk}/delete/"):
        assert as_dana.post(f"/admin/conversations/auditentry/{address}", {"post": "yes"}).status_code == 403


def test_only_administrators_read_the_log(client: Client, alice: User) -> None:
    for name in (ANALYSTS, SUPPORT):
        alice.groups.set([Group.objects.get(name=name)])
        client.force_login(User.objects.get(pk=alice.pk))
        assert client.get("/admin/conversations/auditentry/").status_code == 403
