"""Links that leave the site: in mails, and on the page that shows an invitation."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest


def absolute(request: HttpRequest, path: str) -> str:
    """`path` under PUBLIC_URL, or under the name by which the request came when that is not set.

    A Host header that a stranger chose never gets into a mail: PUBLIC_URL is required with mail beyond loopback
    (check chatsite.E003), and on loopback only local names are allowed.
    """
    return (
        settings.ENVIRONMENT.public_url + path if settings.ENVIRONMENT.public_url else request.build_absolute_uri(path)
    )
