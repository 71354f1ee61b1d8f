"""What the simulator remembers of a call, for tests."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_SECRET = frozenset({"authorization", "cookie", "x-api-key", "proxy-authorization"})


@dataclass
class RecordedCall:
    """One HTTP call. Times are those of the simulator's clock; `ended` is None while it runs.

    `body` is the decoded JSON, None if there was none or it did not parse. `disconnected`: the client left before the
    response was complete. `scenario` is what was played, "normal" where the asked-for scenario spared this call.
    """

    method: str
    path: str
    headers: dict[str, str]
    started: float
    body: Any = None
    scenario: str = "normal"
    status: int | None = None
    ended: float | None = None
    disconnected: bool = False

    def __repr__(self) -> str:
        """Without the body: what people write does not belong into the output of a test."""
        return f"RecordedCall({self.method} {self.path} {self.scenario} {self.status})"


def without_secrets(headers: Mapping[str, str]) -> dict[str, str]:
    """Header names in lower case; what authenticates is replaced by asterisks."""
    return {name.lower(): "***" if name.lower() in _SECRET else value for name, value in headers.items()}
