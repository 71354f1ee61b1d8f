"""What tests of all areas share: the cast (see `tests.cast`) and quick password hashes."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from asgiref.sync import sync_to_async
from django.conf import settings as django_settings
from django.db import connections
from pytest_django import Settings

from chatsite.accounts.models import User
from conversations.accounting import tariff, uses
from conversations.services import policy, standing
from tests import cast


@pytest.fixture(autouse=True, scope="session")
def _static_root() -> None:
    """WhiteNoise warns of a missing folder; pages are rendered without collecting files."""
    Path(django_settings.STATIC_ROOT or "").mkdir(parents=True, exist_ok=True)


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None) -> Iterator[None]:
    """Asynchronous queries of tests leave a connection on asgiref's thread, which PostgreSQL would not let go of."""
    yield
    asyncio.run(sync_to_async(connections.close_all)())


@pytest.fixture(autouse=True)
def _quick_passwords(settings: Settings) -> None:
    """Hash passwords in microseconds instead of a third of a second."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture(autouse=True)
def _tariff() -> None:
    """Tests that flush the database flush the prices, which the tariff would remember for a minute; budgets, policies
    and who may ask likewise, for seconds."""
    tariff.forget()
    policy.forget()
    uses.missed()
    standing.forget()


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
