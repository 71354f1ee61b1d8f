"""Pages of a branch over HTTP (`docs/protocol.md`)."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, JsonResponse

from conversations.pages.json_requests import BadRequest, json_view, person
from conversations.services.branch_pages import branch_page


@json_view("GET", "HEAD")
def branch(request: HttpRequest, conversation_id: UUID) -> JsonResponse:
    """`?end=<message>` or `?through=<message>`, and `&reach=<message>`."""
    end, through, reach = (_message(request, name) for name in ("end", "through", "reach"))
    last = end or through
    if last is None or (end and through):
        raise BadRequest("Either `end` or `through` is needed.")
    return JsonResponse(
        branch_page(person(request).pk, conversation_id, end=last, through=through is not None, reach=reach)
    )


def _message(request: HttpRequest, name: str) -> UUID | None:
    try:
        return UUID(request.GET[name]) if name in request.GET else None
    except ValueError:
        raise BadRequest(f"`{name}` is a message's id.") from None
