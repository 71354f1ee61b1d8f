"""The chat page and what it reads over HTTP (`docs/protocol.md`)."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from chatsite.accounts.models import User
from conversations.services import drafts, listing, opening, policy
from conversations.services.access import NotFound
from conversations.services.attachment_policy import policy_for
from conversations.services.models import budget_rows, model_rows
from conversations.services.preferences import preferences_of


@require_safe
@never_cache
@login_required
def chat(request: HttpRequest, conversation_id: UUID | None = None) -> HttpResponse:
    """The page, empty or with one conversation. 404 for what is not there or not theirs."""
    user = _user(request)
    content, draft = _begin(user, conversation_id)
    context = {
        "config": _config(user) | {"draft_key": drafts.local_key(request.session.session_key)},
        "conversations": listing.first_page(user.pk),
        "messages": content,
        "draft": draft,
    }
    return render(request, "conversations/chat.html", context)


@require_safe
@never_cache
@login_required
def messages(request: HttpRequest, conversation_id: UUID) -> JsonResponse:
    """One conversation as its page begins with it: the last messages of the selected branch."""
    try:
        return JsonResponse(opening.read(_user(request).pk, conversation_id))
    except NotFound:
        raise Http404 from None


def _begin(user: User, conversation_id: UUID | None) -> tuple[dict[str, Any] | None, dict[str, Any]]:
    """The content of a conversation, None for a new one, and the draft."""
    if conversation_id is None:
        return None, drafts.read(user.pk, None)
    try:
        return opening.read_with_draft(user.pk, conversation_id)
    except NotFound:
        raise Http404 from None


def _config(user: User) -> dict[str, Any]:
    attachments = policy_for(user.pk)
    return {
        "user": {"email": user.email, "name": user.name, "administrator": user.is_staff},
        "demo": settings.ENVIRONMENT.demo,
        "models": model_rows(policy.offered(user.pk)),
        "default_model": policy.default_model(user),
        "default_thinking": policy.default_thinking(user),
        "instructions": policy.terms_for(user.pk).instructions,
        "preferences": preferences_of(user),
        "attachments": {
            "kinds": list(attachments.kinds),
            "megabytes": attachments.megabytes,
            "a_message": attachments.a_message,
        },
        "max_message_characters": settings.ENVIRONMENT.max_message_characters,
        "budgets": budget_rows(),
    }


def _user(request: HttpRequest) -> User:
    user = request.user
    if not isinstance(user, User):  # login_required has let a signed-in person through
        raise Http404
    return user
