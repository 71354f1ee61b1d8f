"""Drafts over HTTP (`docs/protocol.md`)."""

from __future__ import annotations

from uuid import UUID

import msgspec
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from conversations.pages.json_body import BadBody, person, read_body, refusal
from conversations.services import drafts
from conversations.services.access import NotFound, Refused
from conversations.services.summaries import Outdated


class _Draft(msgspec.Struct, frozen=True):
    text: str
    version: int


@require_http_methods(["GET", "PUT"])
@never_cache
@login_required
def draft(request: HttpRequest, conversation_id: UUID | None = None) -> JsonResponse:
    """Read or write the draft of a conversation or of a new one. 409 with the stored draft when that is newer."""
    user = person(request)
    try:
        if request.method == "GET":
            return JsonResponse(drafts.read(user.pk, conversation_id))
        body = read_body(request, _Draft)
        return JsonResponse(drafts.write(user.pk, conversation_id, text=body.text, version=body.version))
    except BadBody as mistake:
        return mistake.response
    except Outdated as outdated:
        return JsonResponse({"error": "outdated", "draft": outdated.row}, status=409)
    except NotFound:
        raise Http404 from None
    except Refused as refused:
        return refusal(refused.code, refused.message, 400)
