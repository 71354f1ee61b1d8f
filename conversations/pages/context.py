"""What every page of the site knows."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest


def site(request: HttpRequest) -> dict[str, bool]:
    """`demo`: no key is set and answers are simulated; every page says so."""
    return {"demo": settings.ENVIRONMENT.demo}
