"""The list of conversations over HTTP: pages of it, and what is found in it."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.http import HttpRequest, JsonResponse

from conversations.pages.json_requests import BadRequest, json_view, person
from conversations.services import folders, listing
from conversations.services.listing import Cursor, Place

_MOST = 200


@json_view("GET", "HEAD")
def conversations(request: HttpRequest) -> JsonResponse:
    """`?before=<updated>&id=<id>` of the last row shown, `&limit=50`, `&in=archive` or `&in=<folder>`.

    Without `before` and `in` it is what the sidebar begins with: pinned ones and folders too.
    """
    user = person(request)
    after, limit, place = _cursor(request), _limit(request), _place(request)
    if after is None and "in" not in request.GET:
        return JsonResponse(listing.first_page(user.pk, limit=limit))
    if place.folder is not None:
        folders.folder_of(user.pk, place.folder)
    return JsonResponse(listing.list_page(user.pk, place, after=after, limit=limit))


@json_view("GET", "HEAD")
def search(request: HttpRequest) -> JsonResponse:
    """`?q=<words>`"""
    return JsonResponse(listing.find(person(request).pk, request.GET.get("q", "")))


def _cursor(request: HttpRequest) -> Cursor | None:
    before = request.GET.get("before")
    if not before:
        return None
    try:
        moment, row = datetime.fromisoformat(before), UUID(request.GET.get("id", ""))
    except ValueError:
        raise BadRequest("`before` is a time such as 2026-11-21T10:00:00Z, `id` that row's id.") from None
    if moment.tzinfo is None:
        raise BadRequest("`before` needs a time zone.")
    return Cursor(moment, row)


def _limit(request: HttpRequest) -> int:
    try:
        limit = int(request.GET.get("limit", listing.PAGE))
    except ValueError:
        limit = 0
    if not 1 <= limit <= _MOST:
        raise BadRequest(f"`limit` is a number from 1 to {_MOST}.")
    return limit


def _place(request: HttpRequest) -> Place:
    where = request.GET.get("in", "")
    if where in ("", "list"):
        return listing.LIST
    if where == "archive":
        return Place(archived=True)
    try:
        return Place(folder=UUID(where))
    except ValueError:
        raise BadRequest("`in` is `archive` or a folder's id.") from None
