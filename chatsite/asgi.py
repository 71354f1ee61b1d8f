"""The ASGI application: pages by Django, `/ws/` by Channels.

The websocket is reached only from pages of the same host, by their `Origin`, and by people with a session.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, cast

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chatsite.settings")

from django.core.asgi import get_asgi_application

django_application = get_asgi_application()

from channels.auth import AuthMiddlewareStack  # noqa: E402 - the apps must be loaded first
from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402

from conversations.realtime.origin import SameOrigin  # noqa: E402
from conversations.realtime.routing import websocket_urlpatterns  # noqa: E402

Message = dict[str, Any]


async def _pages(
    scope: Message, receive: Callable[[], Awaitable[Message]], send: Callable[[Mapping[str, Any]], Awaitable[None]]
) -> None:
    """Django, which takes a whole body in one go: it is there already, and no piece of it has to be waited for. Who
    sends a large file lets others have their turn after each."""

    async def receive_in_turns() -> Message:
        message = await receive()
        if message.get("more_body"):
            await asyncio.sleep(0)
        return message

    await django_application(scope, receive_in_turns, send)


application = ProtocolTypeRouter(
    {
        "http": _pages,
        "websocket": SameOrigin(cast("Any", AuthMiddlewareStack(URLRouter(websocket_urlpatterns)))),
    }
)
