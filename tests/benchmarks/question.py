"""`bin/bench question`: what a question costs the database's thread, in a new chat and in ever longer ones. On SQLite;
with DATABASE_URL (PostgreSQL) there.
"""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path
from secrets import token_hex

from tests.benchmarks.program import MAKES_KEYSET, last_line
from tests.benchmarks.result import Bar, Result
from tests.live.server import installation

_SHORT, _LONG = 10, 1_000
_IN_A_SHORT_CHAT = 2.5
"""The most that a question may cost in a chat of ten messages, as a ratio to one that begins a chat."""
_FOR_A_MESSAGE = 0.04
"""The most that a further message may add, as a ratio to a question that begins a chat."""


def measure() -> Result:
    """Medians of many questions that take turns; nothing is sent anywhere."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "static").mkdir()
        secrets = {"SECRET_KEY": token_hex(), "HISTORY_KEYSET": last_line(os.environ, "-m", MAKES_KEYSET)}
        with installation(**secrets) as own:
            environment = {**os.environ, "DATABASE_URL": "", "REDIS_URL": "", **own, "DATA_DIR": folder}
            last_line(environment, "manage.py", "migrate", "--verbosity", "0")
            figures: dict[str, float] = json.loads(last_line(environment, "-m", "tests.benchmarks.question_probe"))
    new, short, long, summarized = (figures[name] for name in ("new", "short", "long", "summarized"))
    return Result(
        {
            "in a new chat, ms": new,
            f"in a chat of {_SHORT} messages, ms": short,
            f"in a chat of {_LONG} messages, ms": long,
            f"in one of {_LONG} with a summary, ms": summarized,
        },
        [
            Bar(f"of {_SHORT} messages / new", short / new, _IN_A_SHORT_CHAT),
            Bar("for each further message / new", (long - short) / (_LONG - _SHORT) / new, _FOR_A_MESSAGE),
            Bar(f"of {_LONG} messages with a summary / new", summarized / new, _IN_A_SHORT_CHAT),
        ],
    )
