"""Inviting, and every way in which a link ends."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.contrib.auth.models import Group
from django.core import mail
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects

from chatsite.accounts import invitations
from chatsite.accounts.models import Invitation, InvitationState, User
from chatsite.accounts.roles import ANALYSTS, SUPPORT
from tests.accounts.conftest import Install
from tests.cast import PASSWORD, administrator

PAGE = "/accounts/invitations/"
LINK = re.compile(r'value="http://[^/"]+(/accounts/invitations/accept/[^"]+)"')


@pytest.fixture
def at_desk(client: Client, dana: User) -> Client:
    """The browser of Dana, who is signed in."""
    client.force_login(dana)
    return client


def invite(browser: Client, email: str = "bob@example.org", **fields: str) -> str:
    """Invite over the page; the path of the link."""
    found = LINK.search(browser.post(PAGE, {"email": email, **fields}).content.decode())
    assert found
    return found[1]


class TestInviting:
    def test_the_link_is_shown_once_and_only_its_hash_is_kept(self, at_desk: Client) -> None:
        link = invite(at_desk, "Bob@Example.org")
        invitation = Invitation.objects.get()
        assert invitation.email == "bob@example.org"
        assert link.split("/")[-2] not in str(Invitation.objects.values().get())
        assertNotContains(at_desk.get(PAGE), "/accounts/invitations/accept/")
        assert not mail.outbox

    def test_it_is_mailed_when_there_is_a_mail_server(self, at_desk: Client, install: Install) -> None:
        install(email_url="smtp://mail.example.org", public_url="https://chat.example.org")
        assertContains(at_desk.post(PAGE, {"email": "bob@example.org"}), "was invited by mail")
        assert mail.outbox[0].to == ["bob@example.org"]
        assert "https://chat.example.org/accounts/invitations/accept/" in mail.outbox[0].body

    def test_a_mail_that_fails_leaves_the_link(self, at_desk: Client, install: Install, settings: Settings) -> None:
        install(email_url="smtp://mail.example.org")
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
        assertContains(at_desk.post(PAGE, {"email": "bob@example.org"}), "The mail could not be sent")
        assert Invitation.objects.count() == 1

    def test_an_address_with_an_account_is_refused(self, at_desk: Client, alice: User) -> None:
        assertContains(at_desk.post(PAGE, {"email": "Alice@example.org"}), "has an account already")

    def test_an_address_is_invited_once(self, at_desk: Client) -> None:
        invite(at_desk)
        assertContains(at_desk.post(PAGE, {"email": "bob@example.org"}), "has been invited already")
        assert Invitation.objects.count() == 1

    def test_an_expired_invitation_does_not_stand_in_the_way(self, at_desk: Client) -> None:
        old = invite(at_desk)
        Invitation.objects.update(expires=timezone.now())
        assert invite(at_desk) != old

    def test_a_new_link_ends_the_old_one(self, at_desk: Client, client: Client) -> None:
        old = invite(at_desk)
        answer = at_desk.post(f"{PAGE}{Invitation.objects.get().pk}/reissue/").content.decode()
        new = LINK.search(answer)
        assert new
        assertContains(Client().get(old), "This link does not work", status_code=410)
        assertContains(Client().get(new[1]), "You are invited")

    def test_no_new_link_for_an_accepted_invitation(self, at_desk: Client) -> None:
        Client().post(invite(at_desk), {"password": PASSWORD})
        answer = at_desk.post(f"{PAGE}{Invitation.objects.get().pk}/reissue/", follow=True)
        assertContains(answer, "no longer open (Accepted)")

    def test_no_new_link_beside_a_newer_invitation(self, at_desk: Client) -> None:
        invite(at_desk)
        revoked = Invitation.objects.get()
        at_desk.post(f"{PAGE}{revoked.pk}/revoke/")
        invite(at_desk)
        assertContains(at_desk.post(f"{PAGE}{revoked.pk}/reissue/", follow=True), "has been invited already")

    def test_the_page_needs_few_queries(
        self, at_desk: Client, dana: User, django_assert_max_num_queries: DjangoAssertNumQueries
    ) -> None:
        for number in range(60):
            invitations.issue(email=f"person{number}@example.org", is_administrator=False, invited_by=dana)
        with django_assert_max_num_queries(12):
            assertContains(at_desk.get(PAGE), "person59@example.org")
        assertContains(at_desk.get(PAGE, {"page": "2"}), "person9@example.org")


class TestRights:
    def test_strangers_sign_in_first(self, client: Client, dana: User) -> None:
        assertRedirects(client.get(PAGE), f"/accounts/login/?next={PAGE}")

    @pytest.mark.parametrize("address", [PAGE, f"{PAGE}01890000-0000-7000-8000-000000000000/revoke/"])
    def test_members_find_nothing(self, client: Client, alice: User, address: str) -> None:
        client.force_login(alice)
        assert client.post(address, {"email": "bob@example.org"}).status_code == 404
        assert not Invitation.objects.exists()

    def test_roles_without_the_right_find_nothing(self, client: Client, alice: User) -> None:
        alice.groups.add(Group.objects.get(name=ANALYSTS))
        client.force_login(alice)
        assert client.get(PAGE).status_code == 404

    def test_limited_staff_gain_no_rights_by_inviting(self, client: Client, dana: User, alice: User) -> None:
        alice.groups.add(Group.objects.get(name=SUPPORT))
        chief, _ = invitations.issue(email="chief@example.org", is_administrator=True, invited_by=dana)
        client.force_login(alice)
        link = invite(client, is_administrator="on")
        Client().post(link, {"password": PASSWORD})
        assert not User.objects.get(email="bob@example.org").is_staff
        assertNotContains(client.get(PAGE), "chief@example.org")
        assert client.post(f"{PAGE}{chief.pk}/reissue/").status_code == 404
        assert client.post(f"{PAGE}{chief.pk}/revoke/").status_code == 404


class TestAccepting:
    def test_it_makes_a_member_and_signs_them_in(self, at_desk: Client) -> None:
        link, browser = invite(at_desk), Client()
        assertContains(browser.get(link), "bob@example.org")
        assertRedirects(browser.post(link, {"password": PASSWORD}), "/", fetch_redirect_response=False)
        bob = User.objects.get(email="bob@example.org")
        assert browser.session["_auth_user_id"] == str(bob.pk)
        assert not bob.is_staff
        assert bob.check_password(PASSWORD)
        invitation = Invitation.objects.get()
        assert (invitation.user, invitation.state(timezone.now())) == (bob, InvitationState.ACCEPTED)

    def test_it_can_make_an_administrator(self, at_desk: Client) -> None:
        Client().post(invite(at_desk, is_administrator="on"), {"password": PASSWORD})
        bob = User.objects.get(email="bob@example.org")
        assert bob.is_staff
        assert bob.is_superuser

    def test_the_password_is_checked(self, at_desk: Client) -> None:
        link = invite(at_desk)
        assertContains(Client().post(link, {"password": "bob@example.org"}), "too similar")
        assertContains(Client().post(link, {"password": "short"}), "too short")

    def test_a_used_link_says_so(self, at_desk: Client) -> None:
        link = invite(at_desk)
        Client().post(link, {"password": PASSWORD})
        assertContains(Client().get(link), "This invitation was used", status_code=410)
        assertContains(Client().post(link, {"password": PASSWORD}), "was used", status_code=410)
        assert User.objects.count() == 2

    def test_an_expired_link_says_so(self, at_desk: Client) -> None:
        link = invite(at_desk)
        Invitation.objects.update(expires=timezone.now() - timedelta(seconds=1))
        assertContains(Client().get(link), "has expired", status_code=410)

    def test_a_revoked_link_says_so(self, at_desk: Client) -> None:
        link = invite(at_desk)
        at_desk.post(f"{PAGE}{Invitation.objects.get().pk}/revoke/")
        assertContains(Client().get(link), "was revoked", status_code=410)

    def test_an_invented_link_says_so(self, client: Client, dana: User) -> None:
        assertContains(client.get(f"{PAGE}accept/invented/"), "This link does not work", status_code=410)

    def test_somebody_signed_in_is_told(self, at_desk: Client) -> None:
        assertContains(at_desk.get(invite(at_desk)), "You are signed in already", status_code=409)

    def test_an_address_that_got_an_account_meanwhile(self, at_desk: Client, dana: User) -> None:
        link = invite(at_desk)
        administrator("bob")
        assertContains(Client().post(link, {"password": PASSWORD}), "was used", status_code=410)
        assert Invitation.objects.get().accepted_at is None

    def test_two_clicks_make_one_account(self, dana: User) -> None:
        _, token = invitations.issue(email="bob@example.org", is_administrator=False, invited_by=dana)
        invitations.accept(token=token, password=PASSWORD)
        with pytest.raises(invitations.NotOpen) as refusal:
            invitations.accept(token=token, password=PASSWORD)
        assert refusal.value.state is InvitationState.ACCEPTED

    def test_it_is_limited(self, client: Client, dana: User) -> None:
        answers = [client.post(f"{PAGE}accept/invented/").status_code for _ in range(21)]
        assert answers == [410] * 20 + [429]
