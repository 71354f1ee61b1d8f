"""Django system checks: settings which are each valid, and together lock people out or let strangers in."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register  # noqa: A004 - Django's own names

from chatsite.environment import Environment


@register(Tags.security)
def check_environment(app_configs: Sequence[AppConfig] | None = None, **kwargs: Any) -> list[CheckMessage]:
    """What cannot work or is not safe, whatever the installation is for."""
    return problems(settings.ENVIRONMENT)


@register(Tags.security, deploy=True)
def check_deployment(app_configs: Sequence[AppConfig] | None = None, **kwargs: Any) -> list[CheckMessage]:
    """What is missing before strangers may reach the site (`manage.py check --deploy`)."""
    return deployment_problems(settings.ENVIRONMENT)


def is_reachable_from_elsewhere(environment: Environment) -> bool:
    """Whether other machines reach the site: it listens beyond loopback, or a proxy serves it under a public name."""
    return not environment.is_loopback or not _is_loopback_name(urlsplit(environment.origin).hostname or "")


def problems(environment: Environment) -> list[CheckMessage]:
    """The findings of `check_environment`. Errors stop the start."""
    found: list[CheckMessage] = []
    elsewhere = is_reachable_from_elsewhere(environment)
    if environment.debug and elsewhere:
        found.append(
            Error(
                "DEBUG is on and other machines reach the site: its error pages show settings and data.",
                hint="Set DEBUG=false, or HOST=127.0.0.1 and no PUBLIC_URL.",
                id="chatsite.E001",
            )
        )
    if any(network.prefixlen == 0 for network in environment.trusted_proxies):
        found.append(
            Error(
                "TRUSTED_PROXIES contains every address, so anybody can claim any address.",
                hint="Name the addresses or networks of your proxies only.",
                id="chatsite.E002",
            )
        )
    if environment.email_url and not environment.is_loopback and not environment.public_url:
        found.append(
            Error(
                "EMAIL_URL is set without PUBLIC_URL: a stranger could choose the address in links that are mailed.",
                hint="Set PUBLIC_URL to the address under which people reach the site.",
                id="chatsite.E003",
            )
        )
    if environment.database_url.startswith("postgres") and not environment.redis_url:
        found.append(
            Warning(
                "PostgreSQL is used without REDIS_URL: should several processes serve this database, each would show "
                "its people nothing of what happens in the others.",
                hint="Set REDIS_URL for all processes, or run one process only.",
                id="chatsite.W005",
            )
        )
    return found + _public_address_problems(environment)


def _public_address_problems(environment: Environment) -> list[CheckMessage]:
    found: list[CheckMessage] = []
    if environment.public_url and not environment.is_https and is_reachable_from_elsewhere(environment):
        found.append(
            Warning(
                "PUBLIC_URL begins with http://: the network can read passwords and chats, and passkeys do not work.",
                hint="Put a proxy with a certificate in front and set PUBLIC_URL=https://…",
                id="chatsite.W001",
            )
        )
    if environment.is_https and not environment.is_loopback and not _has_remote_proxy(environment):
        found.append(
            Warning(
                "PUBLIC_URL begins with https:// but no proxy is trusted: each request is redirected without end.",
                hint="Set TRUSTED_PROXIES to the address of the proxy that holds the certificate.",
                id="chatsite.W002",
            )
        )
    return found


def deployment_problems(environment: Environment) -> list[CheckMessage]:
    """The findings of `check_deployment`."""
    found: list[CheckMessage] = []
    if not environment.is_loopback and not environment.public_url:
        found.append(
            Warning(
                "The server listens beyond this machine without PUBLIC_URL: any host name is accepted.",
                hint="Set PUBLIC_URL=https://…, the address under which people reach the site.",
                id="chatsite.W003",
            )
        )
    if environment.email_url and environment.email_from.endswith("@localhost"):
        found.append(
            Warning(
                "Mail is sent from an address at localhost, which most servers refuse.",
                hint="Set EMAIL_FROM.",
                id="chatsite.W004",
            )
        )
    return found


def _has_remote_proxy(environment: Environment) -> bool:
    return any(not network.is_loopback for network in environment.trusted_proxies)


def _is_loopback_name(name: str) -> bool:
    if name == "localhost":
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False
