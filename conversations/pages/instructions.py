"""Over HTTP: the instructions and sampling settings of one conversation (`docs/protocol.md`)."""

from __future__ import annotations

from uuid import UUID

import msgspec
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from conversations.generation.options import DEFAULT, Options
from conversations.pages.json_body import BadBody, person, read_body
from conversations.pages.refusals import refused
from conversations.services import instructions, process
from conversations.services.access import Refused
from conversations.services.notices import Notice


class Settings(msgspec.Struct, frozen=True):
    instructions: str = ""
    options: Options = DEFAULT


@require_POST
@never_cache
@login_required
def settings(request: HttpRequest, conversation_id: UUID) -> JsonResponse:
    """Set them, and show that in all of the person's pages."""
    user_id = person(request).pk
    try:
        body = read_body(request, Settings)
        row = instructions.write(user_id, conversation_id, instructions=body.instructions, options=body.options)
    except BadBody as problem:
        return problem.response
    except Refused as refusal:
        return refused(refusal)
    process.announce(user_id, Notice({"type": "conversation.changed", "conversation": row}))
    return JsonResponse({"conversation": row})
