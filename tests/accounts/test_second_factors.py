"""TOTP, recovery codes, and what the database holds of them."""

from __future__ import annotations

import time

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.test import Client
from pytest_django.asserts import assertContains, assertRedirects

from chatsite.accounts.mfa import MFAAdapter
from chatsite.accounts.models import User
from tests.accounts.test_sign_in import sign_in
from tests.cast import PASSWORD


def code(secret: str, step: int = 0) -> str:
    """What the authenticator app shows, `step` periods from now."""
    return str(format_hotp_value(hotp_value(secret, int(time.time()) // 30 + step)))


@pytest.fixture
def secret(client: Client, alice: User) -> str:
    """Alice signs in and activates an authenticator app; its secret."""
    sign_in(client)
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    secret = str(client.get("/accounts/2fa/totp/activate/").context["form"].secret)
    answer = client.post("/accounts/2fa/totp/activate/", {"code": code(secret)})
    assert answer.status_code == 302, answer.context["form"].errors
    return secret


def test_sign_in_asks_for_the_code(secret: str) -> None:
    browser = Client()
    response = browser.post("/accounts/login/", {"login": "alice@example.org", "password": PASSWORD})
    assertRedirects(response, "/accounts/2fa/authenticate/")
    assert "_auth_user_id" not in browser.session
    assertContains(browser.post("/accounts/2fa/authenticate/", {"code": "000000"}), "Incorrect code")


def test_a_recovery_code_opens_once(secret: str) -> None:
    codes = Authenticator.objects.get(type=Authenticator.Type.RECOVERY_CODES).wrap().get_unused_codes()
    browser = Client()
    sign_in(browser)
    assert browser.post("/accounts/2fa/authenticate/", {"code": codes[0]}).status_code == 302
    assert "_auth_user_id" in browser.session
    again = Client()
    sign_in(again)
    assertContains(again.post("/accounts/2fa/authenticate/", {"code": codes[0]}), "Incorrect code")


def test_the_database_holds_no_readable_secret(secret: str) -> None:
    stored = str(list(Authenticator.objects.values_list("data", flat=True)))
    assert secret not in stored
    assert MFAAdapter().decrypt(Authenticator.objects.get(type="totp").data["secret"]) == secret


def test_the_admin_shows_factors_without_their_secrets(secret: str, dana: User) -> None:
    browser = Client()
    browser.force_login(dana)
    totp = Authenticator.objects.get(type="totp")
    page = browser.get(f"/admin/mfa/authenticator/{totp.pk}/change/")
    assertContains(page, "alice@example.org")
    assert totp.data["secret"] not in page.content.decode()
    assertContains(browser.post(f"/admin/mfa/authenticator/{totp.pk}/delete/", {"post": "yes"}, follow=True), "deleted")


def test_the_admin_asks_for_the_code_too(client: Client, secret: str) -> None:
    User.objects.update(is_staff=True, is_superuser=True)
    browser = Client()
    assert sign_in(browser) == "in"
    assertRedirects(browser.get("/admin/"), "/admin/login/?next=/admin/", target_status_code=302)
