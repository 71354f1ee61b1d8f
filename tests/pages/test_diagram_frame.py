"""The frame that draws diagrams: a policy of its own, and nobody else's pages around it."""

from __future__ import annotations

import pytest
from django.test import Client

from tests.cast import person

pytestmark = pytest.mark.django_db


def test_it_is_a_sandbox_without_a_network() -> None:
    client = Client()
    client.force_login(person("alice"))
    answer = client.get("/diagram/")
    policy = dict(part.strip().partition(" ")[::2] for part in answer.headers["Content-Security-Policy"].split(";"))
    assert policy == {
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
    policy = client.get("/").headers["Content-Security-Policy"]
    assert "frame-src 'self'" in policy
    assert "worker-src 'self'" in policy
    assert "style-src 'self';" in policy


def test_who_is_not_signed_in_is_sent_to_sign_in() -> None:
    assert Client().get("/diagram/").status_code == 302
