"""Each test of this area has rate-limit buckets of its own, in whatever cache the run uses."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from pytest_django import Settings

from chatsite.environment import Environment

Install = Callable[..., None]


@pytest.fixture(autouse=True)
def _own_buckets(settings: Settings) -> None:
    settings.CACHES = {"default": settings.CACHES["default"] | {"KEY_PREFIX": uuid4().hex}}


@pytest.fixture
def install(settings: Settings) -> Install:
    """`install(host="0.0.0.0")`: the rest of the test runs in an installation with these settings."""

    def with_settings(**values: Any) -> None:
        environment: Environment = dataclasses.replace(settings.ENVIRONMENT, **values)
        settings.ENVIRONMENT = environment
        if environment.email_url:
            settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
        if environment.public_url:
            settings.ALLOWED_HOSTS = ["*"]

    return with_settings
