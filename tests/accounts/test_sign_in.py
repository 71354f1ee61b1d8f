"""Signing in and out, forgotten passwords, and limits."""

from __future__ import annotations

import ipaddress
import re

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.test import Client
from pytest_django import Settings
from pytest_django.asserts import assertContains, assertRedirects

from chatsite.accounts.models import User
from tests.accounts.conftest import Install
from tests.cast import PASSWORD

LOGIN = "/accounts/login/"
RESET = "/accounts/password/reset/"


def sign_in(browser: Client, email: str = "alice@example.org", password: str = PASSWORD, **meta: str) -> str:
    """Try to sign in: "in", "refused", "locked" or "429"."""
    response = browser.post(LOGIN, {"login": email, "password": password}, **meta)  # type: ignore[arg-type]
    if response.status_code == 302:
        return "in"
    if response.status_code == 429:
        return "429"
    return "locked" if "Too many failed login attempts" in response.content.decode() else "refused"


@pytest.mark.usefixtures("alice")
class TestSignIn:
    def test_the_names_that_tests_from_outside_rely_on(self, client: Client) -> None:
        page = client.get(LOGIN).content.decode()
        assert re.search(r'<label for="id_login">Email</label>', page)
        assert re.search(r'<label for="id_password">Password</label>', page)
        assert re.search(r'type="submit">Sign in</button>', page)

    def test_by_address_in_any_case(self, client: Client) -> None:
        assert sign_in(client, "ALICE@example.org") == "in"

    def test_a_wrong_password(self, client: Client) -> None:
        assert sign_in(client, password="wrong") == "refused"

    def test_somebody_switched_off(self, client: Client, alice: User) -> None:
        User.objects.filter(pk=alice.pk).update(is_active=False)
        response = client.post(LOGIN, {"login": alice.email, "password": PASSWORD}, follow=True)
        assertContains(response, "This account is switched off")

    def test_nobody_signs_up(self, client: Client) -> None:
        assertContains(client.get("/accounts/signup/"), "By invitation only")
        fields = {"email": "eve@example.org", "password1": PASSWORD, "password2": PASSWORD}
        assertContains(client.post("/accounts/signup/", fields), "By invitation only")
        assert User.objects.count() == 1

    def test_out_again(self, client: Client, alice: User) -> None:
        client.force_login(alice)
        assertContains(client.get("/accounts/logout/"), "Your chats stay")
        assertRedirects(client.post("/accounts/logout/"), LOGIN)


@pytest.mark.usefixtures("alice", "bob")
class TestLimits:
    def test_by_person_from_everywhere(self, client: Client) -> None:
        tries = [sign_in(client, password="wrong", REMOTE_ADDR=f"203.0.113.{n}") for n in range(6)]
        assert tries == ["refused"] * 5 + ["locked"]
        assert sign_in(client, REMOTE_ADDR="203.0.113.99") == "locked"
        assert sign_in(client, "bob@example.org", REMOTE_ADDR="203.0.113.99") == "in"

    def test_another_host_header_opens_no_new_bucket(self, client: Client) -> None:
        tries = [
            sign_in(client, password="wrong", REMOTE_ADDR=f"203.0.113.{n}", HTTP_HOST=f"localhost:{8000 + n}")
            for n in range(6)
        ]
        assert tries[-1] == "locked"

    def test_by_address_for_everybody(self, client: Client) -> None:
        tries = [sign_in(client, f"guess{n}@example.org", "wrong") for n in range(11)]
        assert tries == ["refused"] * 10 + ["locked"]
        assert sign_in(client, "bob@example.org") == "locked"
        assert sign_in(client, "bob@example.org", REMOTE_ADDR="203.0.113.5") == "in"

    def test_behind_a_proxy_each_person_has_a_bucket(self, client: Client, install: Install) -> None:
        install(trusted_proxies=(ipaddress.ip_network("10.0.0.0/8"),))
        proxy = {"REMOTE_ADDR": "10.0.0.1"}
        for n in range(10):
            sign_in(client, f"guess{n}@example.org", "wrong", HTTP_X_FORWARDED_FOR="203.0.113.66", **proxy)
        assert sign_in(client, HTTP_X_FORWARDED_FOR="203.0.113.66", **proxy) == "locked"
        assert sign_in(client, HTTP_X_FORWARDED_FOR="203.0.113.7", **proxy) == "in"

    def test_nobody_chooses_a_bucket_by_a_header(self, client: Client) -> None:
        for n in range(10):
            sign_in(client, f"guess{n}@example.org", "wrong", HTTP_X_FORWARDED_FOR=f"198.51.100.{n}")
        assert sign_in(client, HTTP_X_FORWARDED_FOR="198.51.100.200") == "locked"

    def test_too_many_tries_get_a_page_of_ours(self, client: Client) -> None:
        for _ in range(30):
            client.post(LOGIN, {})
        assertContains(client.post(LOGIN, {}), "Too many tries", status_code=429)


@pytest.mark.usefixtures("alice")
class TestForgottenPassword:
    def test_without_mail_the_page_says_whom_to_ask(self, client: Client) -> None:
        assertContains(client.get(RESET), "This site sends no mail")
        client.post(RESET, {"email": "alice@example.org"})
        assert not mail.outbox

    def test_a_mailed_link_sets_a_new_password(self, client: Client, install: Install) -> None:
        install(email_url="smtp://mail.example.org", public_url="http://chat.example.org")
        assertContains(client.post(RESET, {"email": "alice@example.org"}, follow=True), "Look at your mail")
        link = re.search(r"http://chat\.example\.org(/accounts/\S+)", str(mail.outbox[0].body))
        assert link
        form = client.get(link[1], follow=True)
        assertContains(form, "New password")
        address = form.redirect_chain[-1][0]
        fields = {"password1": "another good passphrase", "password2": "another good passphrase"}
        assertContains(client.post(address, fields, follow=True), "Your password is changed")
        assert sign_in(Client(), password="another good passphrase") == "in"
        assertContains(Client().get(link[1], follow=True), "This link has ended")

    def test_strangers_learn_nothing_and_get_a_plain_mail(self, client: Client, install: Install) -> None:
        install(email_url="smtp://mail.example.org")
        assertContains(client.post(RESET, {"email": "eve@example.org"}, follow=True), "Look at your mail")
        assert "there is no such account" in mail.outbox[0].body
        assert "signup" not in mail.outbox[0].body

    def test_a_mail_server_that_is_down(self, client: Client, install: Install, settings: Settings) -> None:
        install(email_url="smtp://mail.example.org")
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
        assertContains(client.post(RESET, {"email": "alice@example.org"}), "The mail could not be sent")


class TestAddresses:
    def test_each_person_has_one_verified_address(self, alice: User) -> None:
        alice.email = "alice@example.com"
        alice.save()
        address = EmailAddress.objects.get(user=alice)
        assert (address.email, address.verified, address.primary) == ("alice@example.com", True, True)

    def test_people_cannot_change_it(self, client: Client, alice: User) -> None:
        client.force_login(alice)
        assertContains(client.get("/accounts/email/", follow=True), "alice@example.org")
        assert client.post("/accounts/email/", {"action_add": "", "email": "boss@example.org"}).status_code == 405
        assert EmailAddress.objects.count() == 1

    def test_a_changed_password_is_told_although_the_mail_server_is_down(
        self, client: Client, alice: User, settings: Settings
    ) -> None:
        settings.ACCOUNT_EMAIL_NOTIFICATIONS = True
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
        client.force_login(alice)
        fields = {"oldpassword": PASSWORD, "password1": "another good phrase", "password2": "another good phrase"}
        assert client.post("/accounts/password/change/", fields).status_code == 302
        alice.refresh_from_db()
        assert alice.check_password("another good phrase")
