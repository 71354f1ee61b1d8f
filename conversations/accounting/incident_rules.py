"""When failures are an incident, and when it is over. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

LASTING = frozenset({"authentication", "forbidden", "not_found"})
"""The upstream refuses this site until somebody changes something: one is enough."""

FAULTS = frozenset(
    {
        "aborted",
        "empty",
        "first_token_timeout",
        "gateway_error",
        "malformed",
        "out_of_capacity",
        "overloaded",
        "rate_limited",
        "reset",
        "server_error",
        "stalled",
        "truncated",
        "unreachable",
        "upstream_error",
    }
)
"""Errors of the upstream or of the way to it. Others are about the question (its form, length or content)."""


class Change(StrEnum):
    OPEN = "open"
    CLOSE = "close"


@dataclass(frozen=True, slots=True)
class Rule:
    """It opens at `calls` failures that are `percent` of all, and closes below a quarter of that share."""

    calls: int
    percent: int

    def of_faults(self, ended: int, errors: Mapping[str, int], *, is_open: bool) -> Change | None:
        """Whether to open or to close the incident of an upstream at which, lately, `ended` calls ended, and failed
        `errors` of them."""
        failed = sum(count for code, count in errors.items() if code in FAULTS)
        if is_open:
            return Change.CLOSE if failed * 400 < self.percent * max(ended, 1) else None
        return Change.OPEN if failed >= self.calls and failed * 100 >= self.percent * ended else None


def of_refusals(answered: int, errors: Mapping[str, int], *, is_open: bool) -> Change | None:
    """The same for `LASTING` errors; `answered`: calls that brought at least one token after the last of them."""
    refused = any(errors.get(code) for code in LASTING)
    if is_open:
        return Change.CLOSE if answered else None
    return Change.OPEN if refused and not answered else None
