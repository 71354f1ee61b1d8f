"""Dana at the admin."""

from __future__ import annotations

import pytest
from django.test import Client

from chatsite.accounts.models import User


@pytest.fixture
def as_dana(dana: User, client: Client) -> Client:
    """Dana's browser."""
    client.force_login(dana)
    return client
