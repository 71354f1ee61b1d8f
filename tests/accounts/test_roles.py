"""Roles: what each of them may do, who is let in, and that nobody gains rights."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Group, Permission
from django.core.management import call_command
from django.test import Client

from chatsite.accounts.models import User
from chatsite.accounts.roles import ADMINISTRATORS, ANALYSTS, ROLES, SUPPORT
from tests.cast import PASSWORD


def role(user: User, name: str) -> User:
    user.groups.add(Group.objects.get(name=name))
    return User.objects.get(pk=user.pk)


@pytest.fixture
def at_support(alice: User, client: Client) -> Client:
    """Alice works in support."""
    client.force_login(role(alice, SUPPORT))
    return client


def change(client: Client, person: User, **fields: object) -> int:
    given = {"email": person.email, "name": person.name, "is_active": "on", **fields}
    return client.post(f"/admin/accounts/user/{person.pk}/change/", given).status_code


def test_roles_are_there_and_are_renewed(db: None) -> None:
    group = Group.objects.get(name=ANALYSTS)
    rights = set(group.permissions.values_list("codename", flat=True))
    group.permissions.set([])
    Group.objects.get(name=SUPPORT).delete()

    call_command("migrate", verbosity=0)

    assert set(Group.objects.filter(name__in=ROLES).values_list("name", flat=True)) == set(ROLES)
    assert set(group.permissions.values_list("codename", flat=True)) == rights
    assert "view_usageday" in rights
    assert Group.objects.get(name=ADMINISTRATORS).permissions.count() == Permission.objects.count()


def test_a_role_lets_in_and_its_end_keeps_out(alice: User) -> None:
    assert role(alice, ANALYSTS).is_staff
    alice.groups.clear()
    assert not User.objects.get(pk=alice.pk).is_staff


def test_a_group_without_rights_lets_nobody_in(alice: User) -> None:
    group = Group.objects.create(name="Engineering")
    alice.groups.add(group)
    assert not User.objects.get(pk=alice.pk).is_staff

    group.permissions.add(Permission.objects.get(codename="view_usageday"))
    assert User.objects.get(pk=alice.pk).is_staff
    group.user_set.remove(alice)
    assert not User.objects.get(pk=alice.pk).is_staff


def test_an_administrator_stays_one_without_groups(dana: User) -> None:
    role(dana, SUPPORT)
    dana.groups.clear()
    assert User.objects.get(pk=dana.pk).is_staff


def test_support_sees_no_money(at_support: Client) -> None:
    user = User.objects.get(email="alice@example.org")
    for right in ("view_usageday", "view_upstreamcall", "view_generation", "view_price"):
        assert not user.has_perm(f"conversations.{right}")
    assert at_support.get("/admin/conversations/upstreamcall/").status_code == 403


def test_support_changes_people_and_gives_no_rights(at_support: Client, bob: User) -> None:
    assert change(at_support, bob, name="Robert", is_superuser="on", groups=str(Group.objects.first().pk)) == 302  # type: ignore[union-attr]

    bob.refresh_from_db()
    assert (bob.name, bob.is_superuser, bob.is_staff, bob.groups.count()) == ("Robert", False, False, 0)


def test_support_keeps_the_groups_of_a_person(at_support: Client, bob: User) -> None:
    bob.groups.add(Group.objects.create(name="Engineering"))
    assert change(at_support, bob, name="Robert") == 302
    assert bob.groups.count() == 1


@pytest.mark.parametrize("chief", ["superuser", ADMINISTRATORS, ANALYSTS])
def test_nobody_changes_an_account_with_more_rights(at_support: Client, dana: User, bob: User, chief: str) -> None:
    person = dana if chief == "superuser" else role(bob, chief)
    old = person.password

    assert change(at_support, person, email="mine@example.org") == 403
    passwords = {"usable_password": "true", "password1": PASSWORD + "!", "password2": PASSWORD + "!"}
    assert at_support.post(f"/admin/accounts/user/{person.pk}/password/", passwords).status_code == 403

    person.refresh_from_db()
    assert (person.password, person.email != "mine@example.org") == (old, True)


def test_nobody_deletes_an_account_with_more_rights(client: Client, alice: User, dana: User) -> None:
    alice.groups.add(group := Group.objects.create(name="Cleaners"))
    group.permissions.set(Permission.objects.filter(codename__in=["view_user", "delete_user"]))
    client.force_login(User.objects.get(pk=alice.pk))

    assert client.post(f"/admin/accounts/user/{dana.pk}/delete/", {"post": "yes"}).status_code == 403
    chosen = {"action": "delete_selected", "_selected_action": [str(dana.pk)], "post": "yes"}
    client.post("/admin/accounts/user/", chosen)
    assert User.objects.filter(pk=dana.pk).exists()


def test_a_role_cannot_be_renamed_or_deleted(client: Client, dana: User) -> None:
    client.force_login(dana)
    group = Group.objects.get(name=SUPPORT)
    rights = group.permissions.count()

    client.post(f"/admin/auth/group/{group.pk}/change/", {"name": "Friends", "permissions": []})
    assert client.post(f"/admin/auth/group/{group.pk}/delete/", {"post": "yes"}).status_code == 403

    group.refresh_from_db()
    assert (group.name, group.permissions.count()) == (SUPPORT, rights)


def test_only_administrators_give_everything(client: Client, alice: User, bob: User) -> None:
    client.force_login(role(alice, ADMINISTRATORS))
    assert change(client, bob, is_superuser="on") == 302
    assert not User.objects.get(pk=bob.pk).is_superuser


def test_nobody_gains_the_rights_of_an_account_that_may_not_sign_in(at_support: Client, bob: User) -> None:
    person = role(bob, ADMINISTRATORS)
    person.is_active = False
    person.save()

    assert change(at_support, person, email="mine@example.org") == 403
    passwords = {"usable_password": "true", "password1": PASSWORD + "!", "password2": PASSWORD + "!"}
    assert at_support.post(f"/admin/accounts/user/{person.pk}/password/", passwords).status_code == 403


def test_rights_of_ones_own_let_in_and_their_end_keeps_out(client: Client, dana: User, bob: User) -> None:
    client.force_login(dana)
    for given in ({"is_superuser": "on"}, {"user_permissions": str(Permission.objects.get(codename="view_user").pk)}):
        assert change(client, bob, **given) == 302
        assert User.objects.get(pk=bob.pk).is_staff
        assert change(client, bob) == 302
        assert not User.objects.get(pk=bob.pk).is_staff


def test_a_deleted_group_lets_nobody_in_any_more(client: Client, dana: User, bob: User) -> None:
    group = Group.objects.create(name="Cleaners")
    group.permissions.add(Permission.objects.get(codename="view_user"))
    bob.groups.add(group)
    assert User.objects.get(pk=bob.pk).is_staff
    client.force_login(dana)

    assert client.post(f"/admin/auth/group/{group.pk}/delete/", {"post": "yes"}).status_code == 302
    assert not User.objects.get(pk=bob.pk).is_staff
