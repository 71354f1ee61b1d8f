"""When failures are an incident."""

from __future__ import annotations

import pytest

from conversations.accounting.ends import MEANINGS
from conversations.accounting.incident_rules import FAULTS, LASTING, Change, Rule, of_refusals
from conversations.deepseek import UpstreamError

RULE = Rule(calls=5, percent=20)


@pytest.mark.parametrize(
    ("ended", "errors", "is_open", "change"),
    [
        (20, {"overloaded": 5}, False, Change.OPEN),
        (20, {"overloaded": 3, "reset": 2}, False, Change.OPEN),
        (4, {"overloaded": 4}, False, None),
        (100, {"overloaded": 5}, False, None),
        (20, {"moderation": 9, "content_filter": 9, "invalid_request": 2}, False, None),
        (100, {"overloaded": 5}, True, None),
        (100, {"overloaded": 4}, True, Change.CLOSE),
        (0, {}, True, Change.CLOSE),
        (0, {}, False, None),
        (1, {"overloaded": 1}, True, None),
    ],
)
def test_faults(ended: int, errors: dict[str, int], is_open: bool, change: Change | None) -> None:
    assert RULE.of_faults(ended, errors, is_open=is_open) is change


@pytest.mark.parametrize(
    ("answered", "errors", "is_open", "change"),
    [
        (0, {"authentication": 1}, False, Change.OPEN),
        (1, {"authentication": 1}, False, None),
        (0, {"overloaded": 9}, False, None),
        (0, {}, True, None),
        (1, {"forbidden": 3}, True, Change.CLOSE),
    ],
)
def test_refusals(answered: int, errors: dict[str, int], is_open: bool, change: Change | None) -> None:
    assert of_refusals(answered, errors, is_open=is_open) is change


def test_the_codes_are_those_of_the_client() -> None:
    def codes(base: type[UpstreamError]) -> set[str]:
        return {base.code}.union(*(codes(child) for child in base.__subclasses__()))

    assert codes(UpstreamError) >= FAULTS | LASTING
    assert not FAULTS & LASTING
    assert not {"moderation", "content_filter", "balance_exhausted"} & FAULTS
    assert {"moderation", "content_filter"} <= set(MEANINGS)
