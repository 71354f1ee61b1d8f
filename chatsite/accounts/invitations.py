"""Invitations: the only way in after the first administrator.

InvitationRefused       nothing was written; the text is for the person
├── AddressTaken        the address has an account
├── AlreadyInvited      an invitation for the address is in force
└── NotOpen             the invitation was used, revoked or has expired; carries the state
"""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta
from uuid import UUID

from django.contrib.auth.hashers import make_password
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from chatsite.accounts.models import Invitation, InvitationState, User

LIFETIME = timedelta(days=7)
_TOKEN_BYTES = 32


class InvitationRefused(Exception):
    """See the tree at the top."""


class AddressTaken(InvitationRefused):
    def __init__(self) -> None:
        super().__init__(_("Somebody with this address has an account already. Nothing was sent."))


class AlreadyInvited(InvitationRefused):
    def __init__(self) -> None:
        super().__init__(_("This address has been invited already. Make a new link in the list below if it got lost."))


class NotOpen(InvitationRefused):
    def __init__(self, state: InvitationState) -> None:
        super().__init__(_("The invitation is no longer open ({state}).").format(state=state.label))
        self.state = state


def issue(*, email: str, is_administrator: bool, invited_by: User) -> tuple[Invitation, str]:
    """Invite an address: the invitation and the token for its link, which is not stored and cannot be shown again.

    Raises `AddressTaken` or `AlreadyInvited`. An expired invitation for the same address is replaced.
    """
    email, now, token = email.strip().lower(), timezone.now(), secrets.token_urlsafe(_TOKEN_BYTES)
    try:
        with transaction.atomic():
            _refuse_taken(email)
            _in_force().filter(email=email, expires__lte=now).update(revoked_at=now)
            invitation = Invitation.objects.create(
                email=email,
                is_administrator=is_administrator,
                invited_by=invited_by,
                token_hash=_hash(token),
                expires=now + LIFETIME,
            )
    except IntegrityError:
        raise AlreadyInvited from None
    return invitation, token


def reissue(invitation_id: UUID) -> tuple[Invitation, str]:
    """A new link with a new term, also for an expired or revoked invitation; the old link ends.

    Raises `NotOpen` when it was accepted, `AddressTaken`, or `AlreadyInvited` when a newer one is in force.
    """
    token = secrets.token_urlsafe(_TOKEN_BYTES)
    try:
        with transaction.atomic():
            invitation = Invitation.objects.select_for_update().filter(pk=invitation_id, accepted_at=None).first()
            if invitation is None:
                raise NotOpen(InvitationState.ACCEPTED)
            invitation.token_hash, invitation.expires = _hash(token), timezone.now() + LIFETIME
            invitation.revoked_at = None
            invitation.save(update_fields=["token_hash", "expires", "revoked_at"])
            _refuse_taken(invitation.email)
    except IntegrityError:
        raise AlreadyInvited from None
    return invitation, token


def revoke(invitation_id: UUID) -> bool:
    """End the link of an invitation; False when there is none in force."""
    with transaction.atomic():
        invitation = _in_force().select_for_update().filter(pk=invitation_id).first()
        if invitation is None:
            return False
        invitation.revoked_at = timezone.now()
        invitation.save(update_fields=["revoked_at"])
    return True


def find(token: str) -> Invitation | None:
    """The invitation that a link belongs to, whatever its state."""
    return Invitation.objects.filter(token_hash=_hash(token)).first()


def accept(*, token: str, password: str) -> User:
    """Make the account that a link promises. Raises `NotOpen` or `AddressTaken`.

    The invitation is claimed by a conditional update, so that two clicks make one account.
    """
    hashed, now = make_password(password), timezone.now()
    try:
        with transaction.atomic():
            if not _in_force().filter(token_hash=_hash(token), expires__gt=now).update(accepted_at=now):
                raise NotOpen(_state(token, now))
            invitation = Invitation.objects.get(token_hash=_hash(token))
            administrator = invitation.is_administrator
            invitation.user = User.objects.create(
                email=invitation.email, password=hashed, is_staff=administrator, is_superuser=administrator
            )
            invitation.save(update_fields=["user"])
            return invitation.user
    except IntegrityError:
        raise AddressTaken from None


def _in_force() -> QuerySet[Invitation]:
    """Neither accepted nor revoked; may have expired."""
    return Invitation.objects.filter(accepted_at=None, revoked_at=None)


def _refuse_taken(email: str) -> None:
    if User.objects.filter(email=email).exists():
        raise AddressTaken


def _state(token: str, now: datetime) -> InvitationState:
    invitation = find(token)
    return invitation.state(now) if invitation else InvitationState.REVOKED


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
