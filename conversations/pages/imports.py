"""Imports: a file comes in as the body of a request."""

from __future__ import annotations

from dataclasses import asdict

from django.conf import settings
from django.http import HttpRequest, JsonResponse
from django.utils.translation import gettext as _

from conversations.pages.json_requests import json_view, person
from conversations.services.access import Refused
from conversations.services.importing.storing import import_file
from conversations.services.importing.upload import MOST_BYTES


@json_view("POST")
def upload(request: HttpRequest) -> JsonResponse:
    """The file itself as the body (no form). Answers the report: `{"imported", "messages", "duplicates", "failed",
    "skipped": [{"number", "title", "reason"}], …}` (`importing.report`)."""
    data = request.read(MOST_BYTES + 1)
    if len(data) > MOST_BYTES:
        limit = MOST_BYTES // 2**20
        raise Refused("too_large", _("This file is larger than %d MB. Nothing was imported.") % limit)
    if not data:
        raise Refused("empty", _("This file is empty. Nothing was imported."))
    return JsonResponse(asdict(import_file(person(request), data, default_model=settings.ENVIRONMENT.default_model)))
