"""Where a person is signed in, and ending that: session, list entry and open sockets."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from importlib import import_module
from uuid import UUID

from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.base import SessionBase
from django.contrib.sessions.models import Session
from django.db import transaction
from django.utils import timezone

from chatsite.accounts.user_agents import describe
from conversations.services import sign_ins


@dataclass(frozen=True, slots=True)
class OwnSession:
    id: int
    """Of the list entry: the session's key is nobody's business but the browser's."""
    device: str
    address: str
    since: datetime
    is_current: bool


def own_sessions(user_id: UUID, current_key: str | None) -> list[OwnSession]:
    """Those that still stand, newest first, this one at the top. Two queries."""
    entries = list(UserSession.objects.filter(user_id=user_id).order_by("-created_at"))
    standing = set(
        Session.objects.filter(
            session_key__in=[entry.session_key for entry in entries], expire_date__gt=timezone.now()
        ).values_list("session_key", flat=True)
    )
    found = [
        OwnSession(entry.pk, describe(entry.user_agent), entry.ip, entry.created_at, entry.session_key == current_key)
        for entry in entries
        if entry.session_key in standing
    ]
    return sorted(found, key=lambda session: not session.is_current)


def end(user_id: UUID, session_id: int) -> bool:
    """Sign the person out there; sockets close at once. False when it is not theirs or not there."""
    entry = UserSession.objects.filter(user_id=user_id, pk=session_id).first()
    if entry is None:
        return False
    engine = import_module(settings.SESSION_ENGINE)
    with transaction.atomic():
        store = engine.SessionStore(entry.session_key)
        sign_ins.ended(user_id, store)
        store.delete()
        entry.delete()
    return True


def end_others(user_id: UUID, current: SessionBase) -> None:
    """Sign the person out everywhere else, also where a sign-in is older than the list.

    Sessions do not tell whose they are without being read, so all that stand are; that is rare and takes tens of
    microseconds each.
    """
    with transaction.atomic():
        standing = Session.objects.filter(expire_date__gt=timezone.now()).exclude(session_key=current.session_key)
        for session in standing.iterator():
            if session.get_decoded().get(SESSION_KEY) == str(user_id):
                session.delete()
        UserSession.objects.filter(user_id=user_id).exclude(session_key=current.session_key).delete()
        sign_ins.others_ended(user_id, current)
