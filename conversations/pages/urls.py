"""Addresses of the chat."""

from django.urls import path

from conversations.pages import views

urlpatterns = [
    path("", views.chat, name="chat"),
    path("c/<uuid:conversation_id>/", views.chat, name="conversation"),
    path("c/<uuid:conversation_id>/messages/", views.messages, name="messages"),
    path("conversations/", views.conversation_list, name="conversations"),
]
