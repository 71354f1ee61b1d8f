"""Over HTTP: presets (`docs/protocol.md`)."""

from __future__ import annotations

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from chatsite.accounts.acting import actor_of
from conversations.pages.json_body import BadBody, person, read_body
from conversations.pages.refusals import refused
from conversations.services import presets
from conversations.services.access import Refused


class New(presets.Content, frozen=True):
    shared: bool = False


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@login_required
def preset_list(request: HttpRequest) -> JsonResponse:
    """All that the person may use; POST makes one."""
    user, address = person(request), actor_of(request).address
    if request.method != "POST":
        return JsonResponse({"presets": presets.preset_rows(user), "manages_shared": presets.manages_shared(user)})
    try:
        body = read_body(request, New)
        return JsonResponse({"preset": presets.create(user, body, shared=body.shared, address=address)}, status=201)
    except BadBody as problem:
        return problem.response
    except Refused as refusal:
        return refused(refusal)


@require_http_methods(["PUT", "DELETE"])
@never_cache
@login_required
def preset(request: HttpRequest, preset_id: UUID) -> JsonResponse:
    """Write one anew, or delete it."""
    user, address = person(request), actor_of(request).address
    try:
        if request.method == "DELETE":
            presets.delete(user, preset_id, address=address)
            return JsonResponse({})
        content = read_body(request, presets.Content)
        return JsonResponse({"preset": presets.change(user, preset_id, content, address=address)})
    except BadBody as problem:
        return problem.response
    except Refused as refusal:
        return refused(refusal)
