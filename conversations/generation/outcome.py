"""How an attempt ended, and what is written down of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from conversations.generation.lifecycle import Status
from conversations.models import UpstreamCall


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """The end of an attempt. `text` and `reasoning` are the whole answer, earlier attempts included."""

    status: Status
    seq: int
    text: str = field(repr=False)
    reasoning: str = field(repr=False)
    finish_reason: str = ""
    error_code: str = ""
    upstream: str = ""
    """Who gave the answer, or failed to."""
    ended_at: datetime
    duration_ms: int
    reasoning_ms: int | None
    calls: tuple[UpstreamCall, ...] = ()
    """Unsaved ledger rows: one for each HTTP call of the attempt."""
