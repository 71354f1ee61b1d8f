"""Who may go on using an open socket: it is let in by a sign-in, which can end while it is open.

Whatever ends a sign-in is announced to all processes at once. What is missed (a channel layer that is away, a change
made outside of the server) is found by `holds`, which sockets ask now and then.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from typing import Any
from uuid import UUID, uuid4

from allauth.core import context
from django.conf import settings
from django.contrib.auth import HASH_SESSION_KEY
from django.db import transaction
from django.http import HttpRequest
from django.utils.crypto import constant_time_compare

from chatsite.accounts.models import User
from conversations.services import process
from conversations.services.notices import Notice, SignedOut

_NAME = "sign_in"
"""In the session's data: names the sign-in, also when the session's key is replaced at a change of the password."""


@dataclass(slots=True)
class SignIn:
    """By what a socket was let in."""

    user_id: UUID
    name: str
    session_key: str | None
    """None once the session has a new key, which only its browser knows."""
    auth_hash: str | None
    """What Django compares to end sessions of an old password; None: whatever it is at the next look."""

    def ends_with(self, signed_out: SignedOut) -> bool:
        """Whether an announcement means this sign-in. One that is kept has a new password from now on."""
        if signed_out.only is not None:
            return signed_out.only == self.name
        if signed_out.kept is None or signed_out.kept != self.name:
            return True
        self.session_key = self.auth_hash = None
        return False


def of_session(user_id: UUID, session: Any) -> SignIn:
    """The sign-in that a loaded session stands for."""
    return SignIn(user_id, _name(session), session.session_key, session.get(HASH_SESSION_KEY))


def holds(sign_in: SignIn) -> bool:
    """Whether the session and the person's access still stand."""
    user = User.objects.filter(pk=sign_in.user_id, is_active=True).first()
    if user is None:
        return False
    auth_hash = user.get_session_auth_hash()
    if sign_in.session_key is not None:
        session = import_module(settings.SESSION_ENGINE).SessionStore(sign_in.session_key)
        if _name(session) != sign_in.name:
            return False
        sign_in.auth_hash = session.get(HASH_SESSION_KEY, "")
    if sign_in.auth_hash is None:
        sign_in.auth_hash = auth_hash
    return constant_time_compare(sign_in.auth_hash, auth_hash)


def ended(user_id: UUID, session: Mapping[str, Any]) -> None:
    """A session was ended from somewhere else: its sockets go with it."""
    if name := _name(session):
        _announce(user_id, SignedOut(only=name))


def others_ended(user_id: UUID, kept: Mapping[str, Any]) -> None:
    """All sessions of a person but this one were ended."""
    _announce(user_id, SignedOut(kept=_name(kept)))


# --- receivers of signals ---------------------------------------------------------------------------------------------


def signed_in(request: HttpRequest | None, **signal: Any) -> None:
    """Receiver of `user_logged_in`: the sign-in gets its name."""
    if request is not None:
        request.session[_NAME] = uuid4().hex


def signed_out(request: HttpRequest | None, user: User | None, **signal: Any) -> None:
    """Receiver of `user_logged_out`: sockets of this sign-in end, in every tab of its browser."""
    if request is not None and user is not None:
        _announce(user.pk, SignedOut(only=_name(request.session)))


def saved(instance: User, created: bool, **signal: Any) -> None:
    """Receiver of a person's `post_save`: a person who may not enter any more, or a new password.

    Who changes the own password stays signed in where it is done, as with Django's sessions.
    """
    if created:
        return
    if not instance.is_active:
        _announce(instance.pk, SignedOut())
    # Django's note of a password that was set and is being saved (a better hash of the same one leaves none).
    elif getattr(instance, "_password", None) is not None:
        _announce(instance.pk, SignedOut(kept=_own_sign_in(instance)))


def deleted(instance: User, **signal: Any) -> None:
    """Receiver of a person's `post_delete`."""
    _announce(instance.pk, SignedOut())


def _own_sign_in(person: User) -> str | None:
    request = context.request
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated or user.pk != person.pk:
        return None
    return _name(request.session) or None


def _name(session: Mapping[str, Any]) -> str:
    return str(session.get(_NAME, ""))


def _announce(user_id: UUID, signed_out: SignedOut) -> None:
    transaction.on_commit(partial(process.announce, user_id, Notice(None, signed_out=signed_out)))
