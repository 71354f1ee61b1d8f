"""`bin/bench page`: all that is measured of the pages, part by part."""

from __future__ import annotations

import argparse
from collections.abc import Callable

from tests.benchmarks.page import lighthouse, listing, long_answer, opening, streaming, weight
from tests.benchmarks.result import Result

PARTS: dict[str, Callable[[], Result]] = {
    "lighthouse": lighthouse.measure,
    "weight": weight.measure,
    "listing": listing.measure,
    "long-answer": long_answer.measure,
    "opening": opening.measure,
    "streaming": streaming.measure,
}
"""Each sets up what it needs, and can be measured alone."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--only", choices=PARTS, nargs="+", default=list(PARTS), help="parts (default: all)")


def measure(options: argparse.Namespace) -> Result:
    """All parts that were asked for, one after the other."""
    result = Result()
    for name in options.only:
        result.add(PARTS[name]())
    return result
