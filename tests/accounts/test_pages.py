"""A walk over every account page that a browser can reach: our look, and nothing that the strict policy would block."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from cryptography.hazmat.primitives.asymmetric import ec
from django.http import HttpResponseBase
from django.test import Client
from fido2.cose import ES256
from fido2.utils import sha256, websafe_encode
from fido2.webauthn import Aaguid, AttestationObject, AttestedCredentialData, AuthenticatorData, CollectedClientData

from chatsite.accounts.models import User
from tests.accounts.conftest import Install
from tests.accounts.test_sign_in import sign_in
from tests.cast import PASSWORD

ENTRANCE = [
    "/accounts/login/",
    "/accounts/signup/",
    "/accounts/inactive/",
    "/accounts/confirm-email/",
    "/accounts/confirm-email/abc/",
    "/accounts/password/reset/",
    "/accounts/password/reset/done/",
    "/accounts/password/reset/key/1-set-password/",
    "/accounts/password/reset/key/done/",
]
SIGNED_IN = [
    "/settings/",
    "/accounts/logout/",
    "/accounts/password/change/",
    "/accounts/reauthenticate/",
    "/accounts/2fa/",
    "/accounts/2fa/totp/activate/",
    "/accounts/2fa/webauthn/",
    "/accounts/2fa/webauthn/add/",
]
WITH_FACTORS = [
    "/accounts/2fa/",
    "/accounts/2fa/reauthenticate/",
    "/accounts/2fa/totp/deactivate/",
    "/accounts/2fa/recovery-codes/",
    "/accounts/2fa/recovery-codes/generate/",
    "/accounts/2fa/webauthn/",
    "/accounts/2fa/webauthn/reauthenticate/",
]


class Findings(HTMLParser):
    """What a strict policy would block, and whether labels and fields fit together."""

    def __init__(self) -> None:
        super().__init__()
        self.blocked: list[str] = []
        self.stylesheets: list[str] = []
        self.headings = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.blocked += [f"{tag} {name}" for name in given if name == "style" or name.startswith("on")]
        data = given.get("type") in ("application/json", "importmap")
        if tag == "style" or (tag == "script" and not (given.get("src") or given.get("nonce") or data)):
            self.blocked.append(tag)
        if tag == "link" and given.get("rel") == "stylesheet":
            self.stylesheets.append(str(given["href"]))
        self.headings += tag == "h1"


def assert_ours_and_strict(response: HttpResponseBase) -> None:
    assert response.status_code == 200, (response.status_code, response.headers.get("Location"))
    policy = response.headers["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert re.search(r"script-src 'self'", policy)
    findings = Findings()
    findings.feed(response.content.decode())  # type: ignore[attr-defined]
    assert findings.blocked == []
    assert findings.headings == 1
    assert any("css/accounts" in href for href in findings.stylesheets)
    assert "Chatsite</title>" in response.content.decode()  # type: ignore[attr-defined]


@pytest.mark.parametrize("path", ENTRANCE)
def test_before_sign_in(client: Client, alice: User, install: Install, path: str) -> None:
    install(email_url="smtp://mail.example.org")
    assert_ours_and_strict(client.get(path))


def test_the_first_administrators_page(client: Client, db: None) -> None:
    assert_ours_and_strict(client.get("/accounts/first-administrator/"))


def test_a_forgotten_password_without_mail(client: Client, alice: User) -> None:
    assert_ours_and_strict(client.get("/accounts/password/reset/"))


@pytest.fixture
def signed_in(client: Client, dana: User) -> Client:
    """Dana's browser, just signed in and confirmed by password."""
    sign_in(client, "dana@example.org")
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    return client


@pytest.mark.parametrize("path", [*SIGNED_IN, "/accounts/invitations/"])
def test_after_sign_in(signed_in: Client, path: str) -> None:
    assert_ours_and_strict(signed_in.get(path))


@pytest.mark.parametrize("path", WITH_FACTORS)
def test_with_second_factors(signed_in: Client, dana: User, path: str) -> None:
    TOTP.activate(dana, generate_totp_secret())
    RecoveryCodes.activate(dana)
    key(dana)
    assert_ours_and_strict(signed_in.get(path))


@pytest.mark.parametrize("page", ["edit", "remove"])
def test_a_security_key(signed_in: Client, dana: User, page: str) -> None:
    assert_ours_and_strict(signed_in.get(f"/accounts/2fa/webauthn/keys/{key(dana).pk}/{page}/"))


def test_the_second_step_of_signing_in(client: Client, dana: User) -> None:
    TOTP.activate(dana, generate_totp_secret())
    sign_in(client, "dana@example.org")
    assert_ours_and_strict(client.get("/accounts/2fa/authenticate/"))


def test_a_password_for_somebody_without_one(client: Client, alice: User) -> None:
    alice.set_unusable_password()
    alice.save()
    client.force_login(alice)
    assert_ours_and_strict(client.get("/accounts/password/set/"))


def key(person: User) -> Authenticator:
    """A security key as the library stores it after registration; its private half is forgotten."""
    pair = ec.generate_private_key(ec.SECP256R1())
    public = ES256.from_cryptography_key(pair.public_key())  # type: ignore[no-untyped-call]
    credential = AttestedCredentialData.create(Aaguid.NONE, b"blue-key", public)
    flags = AuthenticatorData.FLAG.UP | AuthenticatorData.FLAG.AT
    data = AuthenticatorData.create(sha256(b"testserver"), flags, 0, credential)
    client_data = CollectedClientData.create("webauthn.create", b"challenge", "http://testserver")
    registration = {
        "id": websafe_encode(b"blue-key"),
        "rawId": websafe_encode(b"blue-key"),
        "type": "public-key",
        "clientExtensionResults": {"credProps": {"rk": True}},
        "response": {
            "clientDataJSON": websafe_encode(client_data),
            "attestationObject": websafe_encode(AttestationObject.create("none", data, {})),
        },
    }
    return Authenticator.objects.create(
        user=person, type=Authenticator.Type.WEBAUTHN, data={"name": "Blue key", "credential": registration}
    )
