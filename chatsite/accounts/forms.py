"""The forms of our own account pages."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.utils.translation import gettext_lazy as _

from chatsite.accounts import setup_token
from chatsite.accounts.models import Invitation, User

_HINT = _("At least 10 characters. A few words are better than a short riddle.")
"""The rules that people meet; AUTH_PASSWORD_VALIDATORS has them all, and each says itself when it is broken."""


def _email() -> forms.EmailField:
    return forms.EmailField(
        label=_("Email"), max_length=254, widget=forms.EmailInput(attrs={"autocomplete": "email", "autofocus": True})
    )


class NewPasswordForm(forms.Form):
    """A new password for the address that `address()` gives, checked against the site's rules."""

    password = forms.CharField(
        label=_("Password"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=_HINT,
    )

    def address(self) -> str:
        """The address that the password must not resemble."""
        return str(self.cleaned_data.get("email", ""))

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if password := cleaned.get("password"):
            try:
                validate_password(password, User(email=self.address()))
            except forms.ValidationError as error:
                self.add_error("password", error)
        return cleaned


class FirstAdministratorForm(NewPasswordForm):
    """Email and password and, when other machines reach the site, the setup token."""

    email = _email()
    token = forms.CharField(
        label=_("Setup token"),
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
        help_text=_("The server printed it when it started."),
    )
    field_order = ("email", "password", "token")

    def __init__(self, *args: Any, asks_token: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not asks_token:
            del self.fields["token"]

    def clean_email(self) -> str:
        return str(self.cleaned_data["email"]).lower()

    def clean_token(self) -> str:
        token = str(self.cleaned_data["token"])
        environment = settings.ENVIRONMENT
        if not setup_token.matches(token, data_dir=environment.data_dir, given=environment.setup_token):
            raise forms.ValidationError(_("This is not the token that the server printed. Look at its newest output."))
        return token


class AcceptInvitationForm(NewPasswordForm):
    """A password for the invited address."""

    def __init__(self, *args: Any, invitation: Invitation, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._invitation = invitation
        self.fields["password"].widget.attrs["autofocus"] = True

    def address(self) -> str:
        return self._invitation.email


class InviteForm(forms.Form):
    """Whom to invite. Only a superuser can make administrators."""

    email = _email()
    is_administrator = forms.BooleanField(
        label=_("As administrator"),
        required=False,
        help_text=_(
            "Administrators see usage and cost, invite people and set policy. They do not see what people write."
        ),
    )

    def __init__(self, *args: Any, inviter: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not inviter.is_superuser:
            del self.fields["is_administrator"]
