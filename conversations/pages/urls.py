"""Addresses of the chat."""

from django.urls import path

from conversations.pages import diagrams, views

urlpatterns = [
    path("", views.chat, name="chat"),
    path("c/<uuid:conversation_id>/", views.chat, name="conversation"),
    path("c/<uuid:conversation_id>/messages/", views.messages, name="messages"),
    path("diagram/", diagrams.diagram_frame, name="diagram-frame"),
    path("conversations/", views.conversation_list, name="conversations"),
]
