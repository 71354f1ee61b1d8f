"""Our rules for the sign-in library."""

from __future__ import annotations

import logging
from smtplib import SMTPException
from typing import Any
from urllib.parse import urlsplit

from allauth.account.adapter import DefaultAccountAdapter
from django.contrib.auth.base_user import AbstractBaseUser
from django.http import HttpRequest

from chatsite.accounts.site_address import absolute

logger = logging.getLogger(__name__)

MAIL_FAILURES = (SMTPException, OSError)
"""What sending a mail raises: the server refused, or cannot be reached."""


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Closed sign-up, links under PUBLIC_URL, limits that a Host header cannot get around."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Nobody signs up: administrators invite."""
        return False

    def get_reset_password_from_key_url(self, key: str) -> str:
        url = super().get_reset_password_from_key_url(key)
        return absolute(self.request, urlsplit(url).path)

    def send_notification_mail(self, template_prefix: str, user: AbstractBaseUser, *args: Any, **kwargs: Any) -> None:
        """Tell people about changes to their account; the change stands when the mail cannot be sent."""
        try:
            super().send_notification_mail(template_prefix, user, *args, **kwargs)
        except MAIL_FAILURES as error:
            logger.error("A notification could not be mailed: %s", type(error).__name__)

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: Any) -> str:
        """One bucket a person. The library's own key has the Host header in it, whose port anybody can vary."""
        return str(credentials.get("email", "")).lower()
