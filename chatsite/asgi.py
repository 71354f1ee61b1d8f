"""The ASGI application: pages by Django, `/ws/` by Channels.

The websocket is reached only from pages of the same host, by their `Origin`, and by people with a session.
"""

from __future__ import annotations

import os
from typing import Any, cast

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chatsite.settings")

from django.core.asgi import get_asgi_application

django_application = get_asgi_application()

from channels.auth import AuthMiddlewareStack  # noqa: E402 - the apps must be loaded first
from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402

from conversations.realtime.origin import SameOrigin  # noqa: E402
from conversations.realtime.routing import websocket_urlpatterns  # noqa: E402

application = ProtocolTypeRouter(
    {
        "http": django_application,
        "websocket": SameOrigin(cast("Any", AuthMiddlewareStack(URLRouter(websocket_urlpatterns)))),
    }
)
