"""`/metrics`: who may read the metrics of this process, and in which format.

Off (404) unless `METRICS_TOKEN` or `METRICS_ADDRESSES` is set; each that is set must be met.
"""

from __future__ import annotations

import hmac

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from prometheus_client.exposition import choose_encoder

from chatsite.environment import Environment
from chatsite.metrics import REGISTRY
from chatsite.proxies import is_within


async def metrics(request: HttpRequest) -> HttpResponse:
    """The metrics in Prometheus's text format or in OpenMetrics, as the scraper prefers."""
    environment: Environment = settings.ENVIRONMENT
    if not (environment.metrics_token or environment.metrics_addresses):
        return _plain(404, "Not found.")
    if environment.metrics_addresses and not is_within(request.META["REMOTE_ADDR"], environment.metrics_addresses):
        return _plain(403, "This address may not read the metrics. METRICS_ADDRESSES names those that may.")
    if environment.metrics_token and not _has_token(request, environment.metrics_token):
        response = _plain(401, "The metrics need the bearer token of METRICS_TOKEN.")
        response["WWW-Authenticate"] = "Bearer"
        return response
    encode, content_type = choose_encoder(request.headers.get("Accept", ""))
    return HttpResponse(encode(REGISTRY), content_type=content_type)


def _has_token(request: HttpRequest, token: str) -> bool:
    scheme, _, given = request.headers.get("Authorization", "").partition(" ")
    return scheme.lower() == "bearer" and hmac.compare_digest(given.strip().encode(), token.encode())


def _plain(status: int, text: str) -> HttpResponse:
    return HttpResponse(f"{text}\n", status=status, content_type="text/plain")
