"""Distributions as counts in buckets that grow by a tenth each: percentiles within five percent, whatever the number of
calls. Pure.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from math import log

GROWTH = 1.1
SMALLEST = 0.001
"""What is smaller counts as this: a millisecond, a thousandth of a token a second."""
LOG_GROWTH = log(GROWTH)


def bucket(value: float) -> int:
    """Bucket `n` holds the values from 1.1 ** n up to 1.1 ** (n + 1)."""
    return int(log(max(value, SMALLEST)) // LOG_GROWTH)


def value_of(number: int) -> float:
    """The middle of a bucket, by ratio."""
    return float(GROWTH ** (number + 0.5))


def merged(spreads: Iterable[Mapping[str, int]]) -> Counter[int]:
    """Stored distributions, whose keys are text, as one."""
    whole: Counter[int] = Counter()
    for spread in spreads:
        for name, count in spread.items():
            whole[int(name)] += count
    return whole


def percentile(spread: Mapping[int, int], share: float) -> float | None:
    """The value that `share` (0 to 1) of all do not exceed, within five percent. None of an empty distribution."""
    total = sum(spread.values())
    if not total:
        return None
    rank = max(1, round(share * total))
    seen = 0
    for number in sorted(spread):
        seen += spread[number]
        if seen >= rank:
            return value_of(number)
    raise AssertionError("unreachable")
