"""The websocket address."""

from typing import Any, cast

from django.urls import path

from conversations.realtime.consumer import ChatConsumer

websocket_urlpatterns: list[Any] = [path("ws/", cast("Any", ChatConsumer.as_asgi()))]
