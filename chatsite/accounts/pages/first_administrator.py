"""The page that makes the first administrator. It exists only for as long as nobody has an account."""

from __future__ import annotations

from allauth.account.utils import perform_login
from allauth.core import ratelimit
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from chatsite.accounts import first_administrator, setup_token
from chatsite.accounts.forms import FirstAdministratorForm
from chatsite.checks import is_reachable_from_elsewhere


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def page(request: HttpRequest) -> HttpResponse:
    """Show the form, or create the administrator, sign them in and lead them to the chat."""
    if not first_administrator.is_open():
        raise Http404
    limited: HttpResponse | None = ratelimit.consume_or_429(request, action="first_administrator")
    if limited:
        return limited
    form = FirstAdministratorForm(request.POST or None, asks_token=is_reachable_from_elsewhere(settings.ENVIRONMENT))
    if not form.is_valid():
        return render(request, "accounts/first_administrator.html", {"form": form})
    return _create(request, form.cleaned_data["email"], form.cleaned_data["password"])


def _create(request: HttpRequest, email: str, password: str) -> HttpResponse:
    try:
        user = first_administrator.claim(email=email, password=password)
    except first_administrator.AlreadyClaimed:
        raise Http404 from None
    setup_token.discard(settings.ENVIRONMENT.data_dir)
    response: HttpResponse = perform_login(request, user, redirect_url="/")
    return response
