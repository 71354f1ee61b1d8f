"""What models cost at the moment, for the page's estimates (`docs/protocol.md`)."""

from __future__ import annotations

from datetime import UTC, datetime

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from conversations.services.models import price_rows


@require_safe
@never_cache
@login_required
def prices(request: HttpRequest) -> JsonResponse:
    """The prices of this moment, peak included."""
    return JsonResponse({"prices": price_rows(datetime.now(UTC))})
