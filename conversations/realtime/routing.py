"""The websocket address."""

from django.urls import path

from conversations.realtime.consumer import ChatConsumer

websocket_urlpatterns = [path("ws/", ChatConsumer.as_asgi())]
