"""`bin/bench usage`: what the ledger costs when it is large. Needs DATABASE_URL (PostgreSQL).

A database of its own is filled with made-up usage; `--filled` measures the one that DATABASE_URL names instead, which
`manage.py make_sample_usage` has filled.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from secrets import token_hex

from tests.benchmarks.program import MAKES_KEYSET, last_line
from tests.benchmarks.result import Bar, Result
from tests.live.server import installation

_LONGEST_PAGE = 300.0
"""Milliseconds of server time of a page."""
_MOST_QUERIES = 15
_LONGEST_RECORDING = 3.0
"""Milliseconds that a call in the ledger costs the database."""
_MOST_GROWTH = 16.0
"""Megabytes by which memory may grow between a file's 100,000th line and its last."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--calls", type=int, default=10_000_000, help="rows of the ledger (default 10,000,000)")
    parser.add_argument("--people", type=int, default=20_000, help="(default 20,000)")
    parser.add_argument("--days", type=int, default=365, help="(default 365)")
    parser.add_argument("--filled", action="store_true", help="measure the database of DATABASE_URL as it is")


def measure(options: argparse.Namespace) -> Result:
    """Every report's page, a file of a million rows, and the recording of a call."""
    if not os.environ.get("DATABASE_URL", "").startswith("postgres"):
        raise SystemExit("bin/bench usage needs DATABASE_URL (PostgreSQL).")
    result = Result()
    with _filled(options, result) as environment:
        found = json.loads(last_line(environment, "-m", "tests.benchmarks.usage_probe"))
    for name, page in found["pages"].items():
        result.figures[f"{name}: queries"] = page["queries"]
        result.bars += [
            Bar(f"{name}, ms", page["milliseconds"], _LONGEST_PAGE),
            Bar(f"{name}, queries", page["queries"], _MOST_QUERIES),
        ]
    result.figures |= found["figures"]
    result.bars += [
        Bar("recording a call p50, ms", found["figures"]["recording a call p50, ms"], _LONGEST_RECORDING),
        Bar("file: memory grows by, MB", found["figures"]["file: memory grows by, MB"], _MOST_GROWTH),
    ]
    return result


@contextmanager
def _filled(options: argparse.Namespace, result: Result) -> Iterator[Mapping[str, str]]:
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "static").mkdir()
        # Of no consequence: nothing that was written is read.
        secrets = {"SECRET_KEY": token_hex(), "HISTORY_KEYSET": last_line(os.environ, "-m", MAKES_KEYSET)}
        if options.filled:
            yield {**os.environ, **secrets, "DATA_DIR": folder}
            return
        with installation(**secrets) as own:
            environment = {**os.environ, **own, "DATA_DIR": folder}
            last_line(environment, "manage.py", "migrate", "--verbosity", "0")
            began = time.monotonic()
            sizes = [f"--{name}={getattr(options, name)}" for name in ("calls", "people", "days")]
            last_line(environment, "manage.py", "make_sample_usage", *sizes)
            result.figures["filling the database, s"] = time.monotonic() - began
            yield environment
