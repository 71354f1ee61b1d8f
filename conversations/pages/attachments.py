"""Attachments over HTTP (`docs/protocol.md`): upload, look, download, take back."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.core.files.uploadedfile import UploadedFile
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.utils.http import content_disposition_header
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from chatsite.accounts.models import User
from conversations.services import attachments
from conversations.services.access import NotFound, Refused
from conversations.services.attachments import Stored

_POLICY = "default-src 'none'; sandbox; frame-ancestors 'none'"
"""Whatever a file holds: opened by itself it runs nothing, loads nothing and belongs to no origin."""


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def collection(request: HttpRequest) -> JsonResponse:
    """GET: what waits to be sent in a conversation. POST: a file (`file`, a form of several parts) is kept for it.

    `conversation` names it; empty or absent: one that has not begun. 400 for what is none, 422 with a reason for a file
    that cannot be read.
    """
    fields = request.POST if request.method == "POST" else request.GET
    try:
        conversation_id = UUID(fields["conversation"]) if fields.get("conversation") else None
    except ValueError:
        return _error(400, "bad_request", gettext("`conversation` is the id of a chat, or empty."))
    user_id = _user_id(request)
    if request.method != "POST":
        return JsonResponse({"attachments": attachments.waiting(user_id, conversation_id)})
    file = request.FILES.get("file")
    if not isinstance(file, UploadedFile):
        return _error(400, "bad_request", gettext("There is no file in this request."))
    try:
        row = attachments.keep(user_id, file.name or "", file.read(), conversation_id=conversation_id)
    except NotFound as missing:
        return _error(404, missing.code, missing.message)
    except Refused as refused:
        return _error(422, refused.code, refused.message)
    return JsonResponse(row, status=201)


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "DELETE"])
def one(request: HttpRequest, attachment_id: UUID) -> HttpResponse:
    """GET: the original, to be saved. DELETE: what was not sent is taken back."""
    try:
        if request.method == "DELETE":
            attachments.remove(_user_id(request), attachment_id)
            return HttpResponse(status=204)
        stored = attachments.original(_user_id(request), attachment_id)
    except NotFound:
        raise Http404 from None
    except Refused as refused:
        return _plain(refused)
    return _file(stored, "application/octet-stream", as_attachment=True)


@require_safe
@never_cache
@login_required
def text(request: HttpRequest, attachment_id: UUID) -> JsonResponse:
    """The row with the text that a model gets."""
    try:
        return JsonResponse(attachments.text(_user_id(request), attachment_id))
    except NotFound:
        raise Http404 from None
    except Refused as refused:
        return _error(422, refused.code, refused.message)


@require_safe
@never_cache
@login_required
def picture(request: HttpRequest, attachment_id: UUID) -> HttpResponse:
    """An image as a model gets it: encoded by us, so that it is shown in the page."""
    try:
        stored = attachments.picture(_user_id(request), attachment_id)
    except NotFound:
        raise Http404 from None
    except Refused as refused:
        return _plain(refused)
    return _file(stored, stored.media_type, as_attachment=False)


def _file(stored: Stored, media_type: str, *, as_attachment: bool) -> HttpResponse:
    headers: dict[str, Any] = {
        "Content-Disposition": content_disposition_header(as_attachment, stored.name),
        "Content-Security-Policy": _POLICY,
        "Cross-Origin-Resource-Policy": "same-origin",
        "X-Content-Type-Options": "nosniff",
    }
    return HttpResponse(stored.content, content_type=media_type, headers=headers)


def _plain(refused: Refused) -> HttpResponse:
    """For a person who followed a link."""
    return HttpResponse(refused.message, status=422, content_type="text/plain; charset=utf-8")


def _error(status: int, code: str, message: str) -> JsonResponse:
    return JsonResponse({"code": code, "error": message}, status=status)


def _user_id(request: HttpRequest) -> UUID:
    user = request.user
    if not isinstance(user, User):  # login_required has let a signed-in person through
        raise Http404
    return user.pk
