"""The chat page and what it reads over HTTP (`docs/protocol.md`)."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from chatsite.accounts.models import User
from conversations.services import conversations
from conversations.services.access import NotFound
from conversations.services.attachment_policy import policy_for
from conversations.services.models import model_rows

_PAGE = 50
_MOST = 200


@require_safe
@never_cache
@login_required
def chat(request: HttpRequest, conversation_id: UUID | None = None) -> HttpResponse:
    """The page, empty or with one conversation. 404 for what is not there or not theirs."""
    user = _user(request)
    context = {
        "config": _config(user),
        "conversations": conversations.list_page(user.pk, limit=_PAGE),
        "messages": _read(user, conversation_id) if conversation_id else None,
    }
    return render(request, "conversations/chat.html", context)


@require_safe
@never_cache
@login_required
def messages(request: HttpRequest, conversation_id: UUID) -> JsonResponse:
    """One conversation with all its messages."""
    return JsonResponse(_read(_user(request), conversation_id))


@require_safe
@never_cache
@login_required
def conversation_list(request: HttpRequest) -> JsonResponse:
    """A page of the list: `?before=<updated of the last one shown>&limit=50`. 400 for what is neither."""
    try:
        before = request.GET.get("before")
        moment = datetime.fromisoformat(before) if before else None
        limit = int(request.GET.get("limit", _PAGE))
    except ValueError:
        return _bad("`before` is a time such as 2026-11-21T10:00:00Z, `limit` a number.")
    if moment is not None and moment.tzinfo is None:
        return _bad("`before` needs a time zone.")
    if not 1 <= limit <= _MOST:
        return _bad(f"`limit` is a number from 1 to {_MOST}.")
    return JsonResponse(conversations.list_page(_user(request).pk, before=moment, limit=limit))


def _bad(message: str) -> JsonResponse:
    return JsonResponse({"error": message}, status=400)


def _read(user: User, conversation_id: UUID) -> dict[str, Any]:
    try:
        return conversations.read(user.pk, conversation_id)
    except NotFound:
        raise Http404 from None


def _config(user: User) -> dict[str, Any]:
    policy = policy_for(user.pk)
    return {
        "user": {"email": user.email, "name": user.name, "administrator": user.is_staff},
        "demo": settings.ENVIRONMENT.demo,
        "models": model_rows(),
        "default_model": settings.ENVIRONMENT.default_model,
        "attachments": {"megabytes": policy.megabytes, "a_message": policy.a_message},
        "max_message_characters": settings.ENVIRONMENT.max_message_characters,
    }


def _user(request: HttpRequest) -> User:
    user = request.user
    if not isinstance(user, User):  # login_required has let a signed-in person through
        raise Http404
    return user
