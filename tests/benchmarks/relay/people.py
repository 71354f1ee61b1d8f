"""Signed-in members for a load: `python -m …people NUMBER` makes them in the installation of its environment."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from uuid import UUID

from tests.live.people import django_set_up, session_cookie
from tests.live.prepared import ROOT


def make_people(number: int, data_dir: Path, environment: Mapping[str, str]) -> list[str]:
    """Cookies, one for each new member, of a prepared installation."""
    own = {**os.environ, "DATA_DIR": str(data_dir), **environment}
    command = [sys.executable, "-m", __name__, str(number)]
    made = subprocess.run(command, cwd=ROOT, env=own, check=True, stdout=subprocess.PIPE, text=True)
    cookies: list[str] = json.loads(made.stdout.splitlines()[-1])
    return cookies


def new_member(name: str) -> tuple[UUID, str]:
    """Id and session cookie of a new member. Needs `django_set_up`."""
    from chatsite.accounts.models import User
    from conversations.history.keyring import keyring

    user = User(email=f"{name}.{os.getpid()}@example.org")
    user.set_unusable_password()
    user.save()
    keyring().user(user.pk)
    return user.pk, session_cookie(user)


def _main(number: int) -> None:
    django_set_up()
    print(json.dumps([new_member(f"member{count}")[1] for count in range(number)]))


if __name__ == "__main__":
    _main(int(sys.argv[1]))
