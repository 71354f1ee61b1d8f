"""`bin/bench NAME [--json FILE]`: run a benchmark. Exit status 1 when a bar does not hold."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

from tests.benchmarks import client, first_text, fuzz, question, start, takeover, usage
from tests.benchmarks.page import whole
from tests.benchmarks.relay import embedded, scale, soak
from tests.benchmarks.result import Result

BENCHMARKS: dict[str, Callable[[argparse.Namespace], Result]] = {
    "client": lambda _: client.measure(),
    "fuzz": lambda _: fuzz.measure(),
    "start": lambda _: start.measure(),
    "first-text": lambda _: first_text.measure(),
    "takeover": lambda _: takeover.measure(),
    "page": whole.measure,
    "relay": embedded.measure,
    "soak": soak.measure,
    "scale": scale.measure,
    "usage": usage.measure,
    "question": lambda _: question.measure(),
}
ARGUMENTS: dict[str, Callable[[argparse.ArgumentParser], None]] = {
    "page": whole.add_arguments,
    "relay": embedded.add_arguments,
    "soak": soak.add_arguments,
    "scale": scale.add_arguments,
    "usage": usage.add_arguments,
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="bin/bench", description="Measure; loopback only.")
    names = parser.add_subparsers(dest="name", required=True)
    for name in BENCHMARKS:
        own = names.add_parser(name)
        own.add_argument("--json", type=Path, metavar="FILE", help="write figures and bars there")
        if name in ARGUMENTS:
            ARGUMENTS[name](own)
    options = parser.parse_args()
    result = BENCHMARKS[options.name](options)
    print(result.show())
    if options.json:
        result.write(options.json)
    return 0 if result.holds else 1


if __name__ == "__main__":
    sys.exit(main())
