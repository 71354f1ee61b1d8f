"""People and the two ways in: the first administrator's claim, and invitations.

A person is known by an e-mail address, which is stored in lower case.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from uuid_utils.compat import uuid7


class UserManager(BaseUserManager["User"]):
    """Creates members and administrators. Addresses are stored in lower case, so that one person has one account."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        """A new member; without a password nobody can sign in until one is set. ValueError without an address."""
        if not email:
            raise ValueError("A user needs an e-mail address.")
        user = self.model(email=email.strip().lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> User:
        """A new administrator."""
        return self.create_user(email, password, **{"is_staff": True, "is_superuser": True, **fields})

    def get_by_natural_key(self, username: str | None) -> User:
        return self.get(email=(username or "").lower())


class Theme(models.TextChoices):
    SYSTEM = "", "System"
    LIGHT = "light", "Light"
    DARK = "dark", "Dark"


class SendKey(models.TextChoices):
    """What sends a message; the other one begins a new line."""

    ENTER = "enter", "Enter"
    CTRL_ENTER = "ctrl-enter", "Ctrl+Enter"


class User(AbstractBaseUser, PermissionsMixin):
    """A person. `is_staff` makes an administrator."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    email = models.EmailField(_("e-mail address"), unique=True)
    name = models.CharField(max_length=150, blank=True)
    is_staff = models.BooleanField(_("administrator"), default=False)
    is_active = models.BooleanField(
        _("active"), default=True, help_text=_("Switch off to keep a person out without deleting.")
    )
    date_joined = models.DateTimeField(default=timezone.now, editable=False)

    # How the pages are for this person. Here and not in a table of their own, since every page needs them.
    language = models.CharField(max_length=16, default="", blank=True, editable=False)
    """A language of `LANGUAGES`; empty: whichever the browser asks for."""
    theme = models.CharField(max_length=8, choices=Theme, default=Theme.SYSTEM, blank=True, editable=False)
    send_key = models.CharField(max_length=16, choices=SendKey, default=SendKey.ENTER, editable=False)
    default_model = models.CharField(max_length=100, default="", blank=True, editable=False)
    """Of new conversations; empty: the site's."""
    default_thinking = models.CharField(max_length=8, default="", blank=True, editable=False)

    objects: ClassVar[UserManager] = UserManager()

    EMAIL_FIELD = "email"
    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        verbose_name = _("person")
        verbose_name_plural = _("people")

    def __str__(self) -> str:
        return self.email

    def clean(self) -> None:
        super().clean()
        self.email = self.email.strip().lower()


class FirstAdministrator(models.Model):
    """The claim on a new installation. Its only possible key is 1: of two people who claim at once, one insert wins.

    It goes with the person it belongs to, so that a claim never outlives everybody.
    """

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    user = models.OneToOneField(User, on_delete=models.CASCADE, related_name="+")
    created = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="first_administrator_is_one")]

    def __str__(self) -> str:
        return "First administrator"


class InvitationState(models.TextChoices):
    """What an invitation's link does now."""

    OPEN = "open", _("Waiting")
    EXPIRED = "expired", _("Expired")
    REVOKED = "revoked", _("Revoked")
    ACCEPTED = "accepted", _("Accepted")


class Invitation(models.Model):
    """One person's way in. The link holds a token of which only the hash is kept: a dump lets nobody in."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    email = models.EmailField(_("e-mail address"))
    is_administrator = models.BooleanField(_("as administrator"), default=False)
    token_hash = models.CharField(max_length=64, unique=True, editable=False)
    """SHA-256 of the token, in hex. The token has 256 random bits, so a plain hash cannot be searched."""
    invited_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="invitations_sent")
    created = models.DateTimeField(default=timezone.now, editable=False)
    expires = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)
    accepted_at = models.DateTimeField(null=True, blank=True)
    user = models.OneToOneField(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="invitation")
    """The account that came of it."""

    class Meta:
        ordering = ["-created"]
        constraints = [
            models.UniqueConstraint(
                fields=["email"],
                condition=models.Q(accepted_at=None, revoked_at=None),
                name="one_invitation_in_force_per_address",
            )
        ]

    def __str__(self) -> str:
        return self.email

    def state(self, now: datetime) -> InvitationState:
        """What the link does at `now`."""
        if self.accepted_at is not None:
            return InvitationState.ACCEPTED
        if self.revoked_at is not None:
            return InvitationState.REVOKED
        return InvitationState.EXPIRED if self.expires <= now else InvitationState.OPEN
