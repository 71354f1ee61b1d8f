"""What tests of all areas share: the cast (see `tests.cast`) and quick password hashes."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.conf import settings as django_settings
from pytest_django import Settings

from chatsite.accounts.models import User
from conversations.accounting import tariff
from tests import cast


@pytest.fixture(autouse=True, scope="session")
def _static_root() -> None:
    """WhiteNoise warns of a missing folder; pages are rendered without collecting files."""
    Path(django_settings.STATIC_ROOT or "").mkdir(parents=True, exist_ok=True)


@pytest.fixture(autouse=True)
def _quick_passwords(settings: Settings) -> None:
    """Hash passwords in microseconds instead of a third of a second."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture(autouse=True)
def _tariff() -> None:
    """Tests that flush the database flush the prices, which the tariff would remember for a minute."""
    tariff.forget()


@pytest.fixture
def alice(db: None) -> User:
    return cast.person("alice")


@pytest.fixture
def bob(db: None) -> User:
    return cast.person("bob")


@pytest.fixture
def charlie(db: None) -> User:
    return cast.person("charlie")


@pytest.fixture
def dana(db: None) -> User:
    return cast.administrator("dana")
