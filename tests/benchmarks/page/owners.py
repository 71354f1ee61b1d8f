"""A member with many conversations: `python -m …owners NUMBER` makes one in the installation of its environment."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.benchmarks.relay.people import new_member
from tests.live.people import django_set_up
from tests.live.prepared import ROOT

_BATCH = 1000
_APART = timedelta(hours=2)


def make_owner(number: int, data_dir: Path, environment: Mapping[str, str]) -> tuple[str, str]:
    """Name and value of the session cookie of a new member with so many titled conversations without messages."""
    own = {**os.environ, "DATA_DIR": str(data_dir), **environment}
    command = [sys.executable, "-m", __name__, str(number)]
    made = subprocess.run(command, cwd=ROOT, env=own, check=True, stdout=subprocess.PIPE, text=True)
    name, _, value = json.loads(made.stdout.splitlines()[-1]).partition("=")
    return name, value


def _main(number: int) -> None:
    django_set_up()
    from conversations.history.keyring import keyring
    from conversations.models import Conversation

    user_id, cookie = new_member("owner")
    cipher, now = keyring().user(user_id), datetime.now(UTC)
    rows = []
    for count in range(number):
        moment = now - count * _APART
        row = Conversation(
            user_id=user_id,
            title_source=Conversation.TitleSource.PERSON,
            model="deepseek-flash",
            created_at=moment,
            updated_at=moment,
        )
        row.seal(cipher, title=f"Conversation {count} about lighthouses")
        rows.append(row)
    Conversation.objects.bulk_create(rows, _BATCH)
    print(json.dumps(cookie))


if __name__ == "__main__":
    _main(int(sys.argv[1]))
