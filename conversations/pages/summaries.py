"""Summaries over HTTP (`docs/protocol.md`)."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

import msgspec
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from conversations.pages.json_body import BadBody, person, read_body, refusal
from conversations.services import process, summaries
from conversations.services.access import NotFound, Refused, conversation_of
from conversations.services.notices import Notice
from conversations.services.policy import check_choice
from conversations.services.standing import check_may_ask
from conversations.services.summaries import Outdated


class _Wanted(msgspec.Struct, frozen=True):
    """`room`: tokens that must fit beside what is left."""

    leaf: UUID
    model: str
    thinking: str
    room: Annotated[int, msgspec.Meta(ge=0, le=10_000_000)] = 0


class _Text(msgspec.Struct, frozen=True):
    text: str
    version: int


@require_http_methods(["GET", "POST"])
@never_cache
@login_required
def summary_list(request: HttpRequest, conversation_id: UUID) -> JsonResponse:
    """The summaries of a conversation; POST begins to summarize a branch of it, and answers before that is done."""
    user = person(request)
    try:
        if request.method == "GET":
            return JsonResponse({"summaries": summaries.summary_rows(user.pk, conversation_id)})
        conversation_of(user.pk, conversation_id)
        wanted = read_body(request, _Wanted)
        check_may_ask(user.pk, wanted.model)
        check_choice(user.pk, wanted.model, wanted.thinking)
    except BadBody as mistake:
        return mistake.response
    except NotFound:
        raise Http404 from None
    except Refused as refused:
        return refusal(refused.code, refused.message, 400)
    begun = process.summarize(
        user.pk, conversation_id, wanted.leaf, model=wanted.model, thinking=wanted.thinking, room=wanted.room
    )
    if not begun:
        return refusal("starting", gettext("The server is just starting. Try again in a moment."), 503)
    return JsonResponse({}, status=202)


@require_http_methods(["PUT", "DELETE"])
@never_cache
@login_required
def summary(request: HttpRequest, conversation_id: UUID, summary_id: UUID) -> HttpResponse:
    """Rewrite a summary or remove it. 409 with the stored one when it was changed meanwhile."""
    user = person(request)
    try:
        if request.method == "DELETE":
            summaries.remove(user.pk, conversation_id, summary_id)
            frame = {"type": "summary.deleted", "conversation": str(conversation_id), "summary": str(summary_id)}
            process.announce(user.pk, Notice(frame, follow=str(conversation_id)))
            return HttpResponse(status=204)
        body = read_body(request, _Text)
        row = summaries.rewrite(user.pk, conversation_id, summary_id, text=body.text, version=body.version)
    except BadBody as mistake:
        return mistake.response
    except Outdated as outdated:
        message = gettext("The summary was changed elsewhere meanwhile. Your text was kept here.")
        return refusal("outdated", message, 409, summary=outdated.row)
    except Refused as refused:
        if refused.code == "not_found":
            raise Http404 from None
        return refusal(refused.code, refused.message, 400)
    process.announce(user.pk, Notice({"type": "summary.changed", "summary": row}, follow=str(conversation_id)))
    return JsonResponse(row)
