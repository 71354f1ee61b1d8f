"""Addresses of the chat."""

from django.urls import path

from conversations.pages import attachments, diagrams, drafts, instructions, presets, prices, summaries, views

urlpatterns = [
    path("", views.chat, name="chat"),
    path("c/<uuid:conversation_id>/", views.chat, name="conversation"),
    path("c/<uuid:conversation_id>/messages/", views.messages, name="messages"),
    path("c/<uuid:conversation_id>/settings/", instructions.settings, name="conversation-settings"),
    path("presets/", presets.preset_list, name="presets"),
    path("presets/<uuid:preset_id>/", presets.preset, name="preset"),
    path("c/<uuid:conversation_id>/draft/", drafts.draft, name="draft"),
    path("c/<uuid:conversation_id>/summaries/", summaries.summary_list, name="summaries"),
    path("c/<uuid:conversation_id>/summaries/<uuid:summary_id>/", summaries.summary, name="summary"),
    path("diagram/", diagrams.diagram_frame, name="diagram-frame"),
    path("attachments/", attachments.collection, name="attachments"),
    path("attachments/<uuid:attachment_id>/", attachments.one, name="attachment"),
    path("attachments/<uuid:attachment_id>/text/", attachments.text, name="attachment-text"),
    path("attachments/<uuid:attachment_id>/picture/", attachments.picture, name="attachment-picture"),
    path("conversations/", views.conversation_list, name="conversations"),
    path("draft/", drafts.draft, name="new-draft"),
    path("prices/", prices.prices, name="prices"),
]
