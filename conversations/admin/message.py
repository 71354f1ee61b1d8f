"""Messages: where they stand in their tree and how their answer ended. Text and reasoning are sealed."""

from __future__ import annotations

from django.contrib import admin

from conversations.admin.facts import FactAdmin
from conversations.admin.people import SearchByPersonOrId
from conversations.models import Message


@admin.register(Message)
class MessageAdmin(SearchByPersonOrId, FactAdmin):
    list_display = ("id", "person", "conversation", "role", "state", "created_at")
    list_filter = ("role", "generation__status")
    list_select_related = ("conversation__user", "generation")
    date_hierarchy = "created_at"
    ordering = ("-id",)
    search_ids = ("pk", "conversation", "parent")
    search_person = "conversation__user"

    @admin.display(description="person", ordering="conversation__user__email")
    def person(self, message: Message) -> str:
        return message.conversation.user.email

    @admin.display(description="answer", ordering="generation__status")
    def state(self, message: Message) -> str:
        generation = getattr(message, "generation", None)
        return generation.get_status_display() if generation is not None else ""
