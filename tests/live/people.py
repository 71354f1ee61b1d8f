"""People of an installation who need no form: `python -m …people NUMBER` makes them in that of its environment."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from tests.live.member import PASSWORD
from tests.live.prepared import ROOT

if TYPE_CHECKING:
    from chatsite.accounts.models import User


@dataclass(frozen=True)
class Person:
    """An administrator, as the first one is. Signs in with `PASSWORD`, and is signed in where `cookie` is sent."""

    email: str
    cookie: str
    """Name and value, as the browser sends them."""


def make_people(number: int, environment: Mapping[str, str]) -> list[Person]:
    """In an installation whose database is there; its server may be running. `environment` is all of its settings."""
    command = [sys.executable, "-m", __name__, str(number)]
    made = subprocess.run(command, cwd=ROOT, env=dict(environment), check=True, stdout=subprocess.PIPE, text=True)
    return [Person(**fields) for fields in json.loads(made.stdout.splitlines()[-1])]


def django_set_up() -> None:
    """What comes before the models in a process of its own."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chatsite.settings")
    import django

    django.setup()


def session_cookie(user: User) -> str:
    """Of a new session of theirs. Needs `django_set_up`."""
    from django.conf import settings
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from django.contrib.sessions.backends.db import SessionStore

    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.save()
    return f"{settings.SESSION_COOKIE_NAME}={session.session_key}"


def _main(number: int) -> None:
    django_set_up()
    from django.contrib.auth.hashers import make_password

    from chatsite.accounts.models import User

    password = make_password(PASSWORD)  # takes a third of a second: once for all of them
    people = []
    for count in range(1, number + 1):
        email = f"dana.{count}@example.org"
        user = User.objects.create(email=email, password=password, is_staff=True, is_superuser=True)
        people.append(asdict(Person(email, session_cookie(user))))
    print(json.dumps(people))


if __name__ == "__main__":
    _main(int(sys.argv[1]))
