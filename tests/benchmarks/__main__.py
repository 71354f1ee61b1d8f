"""`bin/bench NAME [--json FILE]`: run a benchmark. Exit status 1 when a bar does not hold."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

from tests.benchmarks import client, first_text, fuzz, start
from tests.benchmarks.result import Result

BENCHMARKS: dict[str, Callable[[], Result]] = {
    "client": client.measure,
    "fuzz": fuzz.measure,
    "start": start.measure,
    "first-text": first_text.measure,
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="bin/bench", description="Measure; loopback only.")
    parser.add_argument("name", choices=BENCHMARKS)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write figures and bars there")
    options = parser.parse_args()
    result = BENCHMARKS[options.name]()
    print(result.show())
    if options.json:
        result.write(options.json)
    return 0 if result.holds else 1


if __name__ == "__main__":
    sys.exit(main())
