"""Signed-in members for a load: `python -m …people NUMBER` makes them in the installation of its environment."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from uuid import UUID

from tests.live.prepared import ROOT


def make_people(number: int, data_dir: Path, environment: Mapping[str, str]) -> list[str]:
    """Cookies, one for each new member, of a prepared installation."""
    own = {**os.environ, "DATA_DIR": str(data_dir), **environment}
    command = [sys.executable, "-m", __name__, str(number)]
    made = subprocess.run(command, cwd=ROOT, env=own, check=True, stdout=subprocess.PIPE, text=True)
    cookies: list[str] = json.loads(made.stdout.splitlines()[-1])
    return cookies


def django_set_up() -> None:
    """What comes before the models in a process of its own."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chatsite.settings")
    import django

    django.setup()


def new_member(name: str) -> tuple[UUID, str]:
    """Id and session cookie of a new member. Needs `django_set_up`."""
    from django.conf import settings
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from django.contrib.sessions.backends.db import SessionStore

    from chatsite.accounts.models import User
    from conversations.history.keyring import keyring

    user = User(email=f"{name}.{os.getpid()}@example.org")
    user.set_unusable_password()
    user.save()
    keyring().user(user.pk)
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.save()
    return user.pk, f"{settings.SESSION_COOKIE_NAME}={session.session_key}"


def _main(number: int) -> None:
    django_set_up()
    print(json.dumps([new_member(f"member{count}")[1] for count in range(number)]))


if __name__ == "__main__":
    _main(int(sys.argv[1]))
