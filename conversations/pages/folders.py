"""Folders over HTTP."""

from __future__ import annotations

from uuid import UUID

import msgspec
from django.http import HttpRequest, JsonResponse

from conversations.pages.json_requests import json_view, person, sent
from conversations.services import folders as service


class _Named(msgspec.Struct, forbid_unknown_fields=True):
    name: str


@json_view("GET", "HEAD", "POST")
def folders(request: HttpRequest) -> JsonResponse:
    """GET: `{"folders": [rows]}`. POST `{"name"}`: makes one, answers its row."""
    user = person(request)
    if request.method == "POST":
        return JsonResponse(service.create(user.pk, sent(request, _Named).name), status=201)
    return JsonResponse({"folders": service.rows(user.pk)})


@json_view("PATCH", "DELETE")
def folder(request: HttpRequest, folder_id: UUID) -> JsonResponse:
    """PATCH `{"name"}`: its row. DELETE: its conversations go back to the list."""
    user = person(request)
    if request.method == "PATCH":
        return JsonResponse(service.rename(user.pk, folder_id, sent(request, _Named).name))
    service.delete(user.pk, folder_id)
    return JsonResponse({})
