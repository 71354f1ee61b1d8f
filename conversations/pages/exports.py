"""Downloads: one conversation, several, or all."""

from __future__ import annotations

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils.http import content_disposition_header
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from conversations.pages.json_requests import refusal
from conversations.services import arrangement
from conversations.services.access import Refused
from conversations.services.exporting.files import Format, export


@require_http_methods(["GET", "POST"])
@never_cache
@login_required
async def download(request: HttpRequest) -> HttpResponseBase:
    """`format` (json, markdown or html) and any number of `conversation`; none: all. As a query or a form."""
    asked = request.POST if request.method == "POST" else request.GET
    user = await request.auser()
    try:
        format_ = Format(asked.get("format", ""))
        ids = [UUID(each) for each in asked.getlist("conversation")]
    except ValueError:
        return _bad("`format` is json, markdown or html; each `conversation` is an id.")
    if len(ids) > arrangement.MOST:
        return _bad(f"At most {arrangement.MOST} conversations can be named; name none to export all.")
    try:
        file = await export(user.pk, format_, ids or None)  # type: ignore[arg-type]
    except Refused as refused:
        return refusal(refused)
    response = StreamingHttpResponse(file.pieces, content_type=file.content_type)
    response["Content-Disposition"] = content_disposition_header(True, file.name)
    # Should a browser show it all the same: no script, no form, no origin.
    response["X-Content-Type-Options"] = "nosniff"
    return response


def _bad(message: str) -> HttpResponse:
    return JsonResponse({"error": message, "code": "bad_request"}, status=400)
