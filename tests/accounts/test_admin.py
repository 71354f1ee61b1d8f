"""People and invitations in the admin, and who gets there."""

from __future__ import annotations

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries
from pytest_django.asserts import assertContains, assertRedirects

from chatsite.accounts import invitations
from chatsite.accounts.models import User
from tests.cast import PASSWORD, person


def test_strangers_use_the_sign_in_of_the_site(client: Client, dana: User) -> None:
    response = client.get("/admin/", follow=True)
    assert response.redirect_chain[-1][0] == "/accounts/login/?next=%2Fadmin%2F"


@pytest.mark.parametrize("path", ["/admin/", "/admin/login/", "/admin/accounts/user/"])
def test_members_are_turned_away_without_a_loop(client: Client, alice: User, path: str) -> None:
    client.force_login(alice)
    assert client.get(path, follow=True).status_code == 403


def test_passwords_are_changed_on_the_page_of_the_site(client: Client, dana: User) -> None:
    client.force_login(dana)
    assertRedirects(client.get("/admin/password_change/"), "/accounts/password/change/")


def test_people_are_listed_in_few_queries(
    client: Client, dana: User, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(30):
        person(f"person{number}")
    client.force_login(dana)
    with django_assert_max_num_queries(12):
        assertContains(client.get("/admin/accounts/user/"), "person29@example.org")


def test_a_person_is_added(client: Client, dana: User) -> None:
    client.force_login(dana)
    fields = {"email": "Bob@Example.org", "usable_password": "true", "password1": PASSWORD, "password2": PASSWORD}
    response = client.post("/admin/accounts/user/add/", fields)
    assert response.status_code == 302, response.context["adminform"].form.errors
    bob = User.objects.get(email="bob@example.org")
    assert bob.check_password(PASSWORD)
    assertContains(client.get(f"/admin/accounts/user/{bob.pk}/change/"), "bob@example.org")


def test_invitations_are_a_record_without_tokens(client: Client, dana: User) -> None:
    invitation, token = invitations.issue(email="bob@example.org", is_administrator=False, invited_by=dana)
    client.force_login(dana)
    assertContains(client.get("/admin/accounts/invitation/"), "Waiting")
    page = client.get(f"/admin/accounts/invitation/{invitation.pk}/change/")
    assertContains(page, "bob@example.org")
    assert token not in page.content.decode()
    assert invitation.token_hash not in page.content.decode()
    assert client.get("/admin/accounts/invitation/add/").status_code == 403
