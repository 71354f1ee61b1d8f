"""The frame that draws diagrams: a policy of its own, and nobody else's pages around it."""

from __future__ import annotations

import pytest
from django.http.response import HttpResponseBase
from django.test import Client

from tests.cast import person

pytestmark = pytest.mark.django_db


def _policy(answer: HttpResponseBase) -> dict[str, str]:
    """Its directives, which stand in no particular order."""
    return dict(part.strip().partition(" ")[::2] for part in answer.headers["Content-Security-Policy"].split(";"))


def test_it_is_a_sandbox_without_a_network() -> None:
    client = Client()
    client.force_login(person("alice"))
    answer = client.get("/diagram/")
    assert _policy(answer) == {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'unsafe-inline'",
        "base-uri": "'none'",
        "form-action": "'none'",
        "frame-ancestors": "'self'",
        "sandbox": "allow-scripts",
    }
    assert answer.headers["X-Frame-Options"] == "SAMEORIGIN"


def test_the_page_may_frame_nothing_else() -> None:
    client = Client()
    client.force_login(person("alice"))
    policy = _policy(client.get("/"))
    assert policy["frame-src"] == "'self'"
    assert policy["worker-src"] == "'self'"
    assert policy["style-src"] == "'self'"


def test_who_is_not_signed_in_is_sent_to_sign_in() -> None:
    assert Client().get("/diagram/").status_code == 302
