"""A person's own account, and asking for a new password."""

from __future__ import annotations

import logging

from allauth.account.views import PasswordResetView
from django.conf import settings
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from chatsite.accounts.adapter import MAIL_FAILURES

logger = logging.getLogger(__name__)


@require_safe
def to_settings(request: HttpRequest) -> HttpResponse:
    """Where the library has pages of its own for addresses and sessions: ours are on the settings page. An address is
    what an administrator vouches for, and ending a session closes its sockets too.
    """
    return redirect("settings")


class PasswordReset(PasswordResetView):  # type: ignore[misc]
    """The library's page, which also says what to do when no mail can be sent."""

    def dispatch(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        if not settings.ENVIRONMENT.email_url:
            return render(request, "accounts/password_reset_without_mail.html")
        response: HttpResponse = super().dispatch(request, *args, **kwargs)
        return response

    def form_valid(self, form: Form) -> HttpResponse:
        try:
            response: HttpResponse = super().form_valid(form)
        except MAIL_FAILURES as error:
            logger.error("A password reset could not be mailed: %s", type(error).__name__)
            form.add_error(None, _("The mail could not be sent. Try again later, or ask an administrator."))
            response = self.form_invalid(form)
        return response
