"""Conversations: whose, how large, since when. Titles and instructions are sealed."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest

from conversations.admin.facts import FactAdmin
from conversations.admin.filters import TariffModelFilter
from conversations.admin.people import SearchByPersonOrId
from conversations.models import Conversation, Message


@admin.register(Conversation)
class ConversationAdmin(SearchByPersonOrId, FactAdmin):
    list_display = ("id", "user", "message_count", "model", "thinking", "title_source", "created_at", "updated_at")
    list_filter = (TariffModelFilter, "title_source")
    list_select_related = ("user",)
    date_hierarchy = "updated_at"
    ordering = ("-updated_at",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        # A subquery counts for the rows of one page; a join would count all messages of the site first.
        mine = Message.objects.filter(conversation=OuterRef("pk")).order_by().values("conversation")
        counted = Coalesce(Subquery(mine.annotate(n=Count("pk")).values("n")), 0)
        rows: QuerySet[Any] = super().get_queryset(request).annotate(message_total=counted)
        return rows

    @admin.display(description="messages", ordering="message_total")
    def message_count(self, conversation: Any) -> int:
        return int(conversation.message_total)
