"""Pin, archive, move, delete and undo over HTTP: one conversation or several at once."""

from __future__ import annotations

from uuid import UUID

import msgspec
from django.http import HttpRequest, JsonResponse

from conversations.pages.json_requests import json_view, person, sent
from conversations.services import arrangement, trash
from conversations.services.arrangement import Change


class _Arrangement(msgspec.Struct, forbid_unknown_fields=True):
    conversations: list[UUID]
    pinned: bool | msgspec.UnsetType = msgspec.UNSET
    archived: bool | msgspec.UnsetType = msgspec.UNSET
    folder: UUID | msgspec.UnsetType | None = msgspec.UNSET


class _Chosen(msgspec.Struct, forbid_unknown_fields=True):
    conversations: list[UUID]


@json_view("POST")
def arrange(request: HttpRequest) -> JsonResponse:
    """`{"conversations": [ids], "pinned"?, "archived"?, "folder"?: id or null}` → `{"conversations": rows}`"""
    asked = sent(request, _Arrangement)
    change = Change(
        pinned=None if asked.pinned is msgspec.UNSET else asked.pinned,
        archived=None if asked.archived is msgspec.UNSET else asked.archived,
        moves=asked.folder is not msgspec.UNSET,
        folder=None if asked.folder is msgspec.UNSET else asked.folder,
    )
    return JsonResponse({"conversations": arrangement.arrange(person(request).pk, asked.conversations, change)})


@json_view("POST")
def delete(request: HttpRequest) -> JsonResponse:
    """`{"conversations": [ids]}` → `{}`; `restore` has them back for some seconds."""
    trash.put(person(request).pk, sent(request, _Chosen).conversations)
    return JsonResponse({})


@json_view("POST")
def restore(request: HttpRequest) -> JsonResponse:
    """`{"conversations": [ids]}` → `{"conversations": rows, "gone": [ids]}`"""
    return JsonResponse(trash.restore(person(request).pk, sent(request, _Chosen).conversations))
