"""Percentiles from buckets."""

from __future__ import annotations

import math
from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from conversations.accounting.spread import bucket, merged, percentile

VALUES = st.lists(st.floats(0.01, 5000), min_size=1, max_size=200)


@given(values=VALUES, share=st.sampled_from([0.1, 0.5, 0.9, 0.99]))
def test_a_percentile_is_within_five_percent(values: list[float], share: float) -> None:
    exact = sorted(values)[max(1, round(share * len(values))) - 1]
    found = percentile(Counter(map(bucket, values)), share)

    assert found is not None
    assert math.isclose(found, exact, rel_tol=0.0501)


@given(first=VALUES, second=VALUES)
def test_distributions_add_up(first: list[float], second: list[float]) -> None:
    stored = [{str(key): count for key, count in Counter(map(bucket, values)).items()} for values in (first, second)]

    assert merged(stored) == Counter(map(bucket, [*first, *second]))


def test_nothing_has_no_percentile() -> None:
    assert percentile({}, 0.5) is None
    assert bucket(0) == bucket(-1) == bucket(0.001)
