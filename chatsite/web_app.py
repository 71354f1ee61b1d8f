"""The site as an app on a phone or a desktop: its manifest, and a page for the time without a connection.

The service worker shows that page and does nothing else. It keeps no conversation: what is on a shared device must be
gone with the sign-out.
"""

from __future__ import annotations

import hashlib
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.urls import reverse
from django.utils.translation import get_language, get_language_bidi, gettext
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

_ICONS = (
    ("icon-192.png", "192x192", "any"),
    ("icon-512.png", "512x512", "any"),
    ("maskable-512.png", "512x512", "maskable"),
)
_OFFLINE_FILES = ("css/variables.css", "css/base.css", "css/direction.css", "js/theme.js", "icons/mark.svg")
"""What the offline page shows itself with."""


@require_safe
@cache_control(private=True, max_age=3600)
def manifest(request: HttpRequest) -> JsonResponse:
    """What the browser installs, in the person's language."""
    content = {
        "id": "/",
        "name": "Chatsite",
        "short_name": "Chatsite",
        "description": gettext("Chat on this organization's own server"),
        "lang": get_language(),
        "dir": "rtl" if get_language_bidi() else "ltr",
        "start_url": reverse("chat"),
        "scope": "/",
        "display": "standalone",
        "background_color": "#fdfdfc",
        "theme_color": "#fdfdfc",
        "icons": [_icon(*icon) for icon in _ICONS],
        "shortcuts": [{"name": gettext("New chat"), "url": reverse("chat")}],
    }
    return JsonResponse(content, content_type="application/manifest+json")


@require_safe
def offline(request: HttpRequest) -> HttpResponse:
    """The page for the time without a connection. The same for all people: nothing of a person is in it."""
    return HttpResponse(_offline_page())


@require_safe
@cache_control(no_cache=True)
def service_worker(request: HttpRequest) -> HttpResponse:
    """The script. It names its files by their hashed addresses and the page by a hash of its content, hence a browser
    that asks whether it has changed learns of every new one.
    """
    files = [reverse("offline"), *map(static, _OFFLINE_FILES)]
    version = hashlib.sha256(" ".join((_offline_page(), *files)).encode()).hexdigest()[:16]
    context = {"files": files, "version": version}
    return render(request, "service-worker.js", context, content_type="text/javascript")


def _offline_page() -> str:
    return render_to_string("offline.html")


def _icon(name: str, sizes: str, purpose: str) -> dict[str, Any]:
    return {"src": static(f"icons/{name}"), "sizes": sizes, "type": "image/png", "purpose": purpose}
