"""Settings that are each valid and together are a mistake."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from chatsite import checks, environment
from tests.environment import HISTORY_KEYSET

BASE = {"SECRET_KEY": "x" * 60, "HISTORY_KEYSET": HISTORY_KEYSET}


def ids(**environ: str) -> set[str | None]:
    values = environment.read(BASE | environ)
    return {message.id for message in checks.problems(values) + checks.deployment_problems(values)}


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({}, set()),
        ({"DEBUG": "true"}, set()),
        ({"DEBUG": "true", "HOST": "0.0.0.0"}, {"chatsite.E001", "chatsite.W003"}),
        ({"DEBUG": "true", "PUBLIC_URL": "https://chat.example.org"}, {"chatsite.E001"}),
        ({"TRUSTED_PROXIES": "0.0.0.0/0"}, {"chatsite.E002"}),
        (
            {"HOST": "0.0.0.0", "EMAIL_URL": "smtp://mail.example.org"},
            {"chatsite.E003", "chatsite.W003", "chatsite.W004"},
        ),
        ({"EMAIL_URL": "smtp://mail.example.org", "EMAIL_FROM": "chat@example.org"}, set()),
        ({"PUBLIC_URL": "http://chat.example.org"}, {"chatsite.W001"}),
        ({"PUBLIC_URL": "http://localhost:8000"}, set()),
        ({"PUBLIC_URL": "http://127.0.0.1:8000"}, set()),
        ({"PUBLIC_URL": "https://chat.example.org"}, set()),
        ({"PUBLIC_URL": "https://chat.example.org", "HOST": "0.0.0.0"}, {"chatsite.W002"}),
        ({"PUBLIC_URL": "https://chat.example.org", "HOST": "0.0.0.0", "TRUSTED_PROXIES": "10.0.0.0/8"}, set()),
        ({"HOST": "0.0.0.0"}, {"chatsite.W003"}),
        ({"DATABASE_URL": "postgresql://db/chatsite"}, {"chatsite.W005"}),
        ({"DATABASE_URL": "postgresql://db/chatsite", "REDIS_URL": "redis://cache"}, set()),
    ],
)
def test_mistakes_are_named(environ: dict[str, str], expected: set[str]) -> None:
    assert ids(**environ) == expected


@pytest.mark.parametrize(
    ("environ", "reachable"),
    [
        ({}, False),
        ({"HOST": "::1"}, False),
        ({"PUBLIC_URL": "http://localhost:9000"}, False),
        ({"HOST": "192.0.2.1"}, True),
        ({"PUBLIC_URL": "https://chat.example.org"}, True),
    ],
)
def test_who_can_reach_the_site(environ: dict[str, str], reachable: bool) -> None:
    assert checks.is_reachable_from_elsewhere(environment.read(BASE | environ)) is reachable


PRINT_COOKIES = """
import django; django.setup()
from django.conf import settings as s
print(s.SESSION_COOKIE_SECURE, s.CSRF_COOKIE_SECURE, s.SECURE_SSL_REDIRECT, s.SECURE_HSTS_SECONDS > 0,
      s.SECURE_PROXY_SSL_HEADER is not None)
"""


def run(tmp_path: Path, *arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    kept = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
    values = kept | BASE | {"SECRET_KEY": os.urandom(40).hex(), "DATA_DIR": str(tmp_path)} | environ
    values["DJANGO_SETTINGS_MODULE"] = "chatsite.settings"
    return subprocess.run(
        [sys.executable, *arguments], cwd=environment.BASE_DIR, env=values, capture_output=True, text=True, timeout=60
    )


def test_a_production_installation_passes_the_deployment_check(tmp_path: Path) -> None:
    arguments = ("manage.py", "check", "--deploy", "--fail-level", "WARNING")
    done = run(tmp_path, *arguments, PUBLIC_URL="https://chat.example.org")
    assert done.returncode == 0, done.stderr
    assert "no issues" in done.stdout


@pytest.mark.parametrize(
    ("public_url", "expected"),
    [("https://chat.example.org", ["True"] * 5), ("http://localhost:8000", ["False"] * 5)],
)
def test_cookies_are_secure_behind_https(tmp_path: Path, public_url: str, expected: list[str]) -> None:
    done = run(tmp_path, "-c", PRINT_COOKIES, PUBLIC_URL=public_url)
    assert done.stdout.split() == expected, done.stderr
