"""The record of one HTTP call to the upstream."""

from __future__ import annotations

from datetime import datetime

import msgspec

from conversations.deepseek.errors import UpstreamError
from conversations.deepseek.usage import Usage

FIRST = "deepseek"  # the name of the first upstream; fallbacks have names of their own


class CallRecord(msgspec.Struct):
    """One call whose request was sent, for the ledger; no text.

    Times are aware UTC; `queued_at` is when it took its place in the queue before the model, which may be empty. It
    changes until `ended_at` is set. `status` is None while no status line has come,
    `closed_early` says that this side hung up before the end, `model` names the one that really served, `upstream_id`
    is the id of the answer and `trace_id` the one that DeepSeek's support asks for. `upstream` names who was called.
    """

    number: int
    started_at: datetime
    first_token_at: datetime | None = None
    ended_at: datetime | None = None
    status: int | None = None
    error: UpstreamError | None = None
    finish_reason: str | None = None
    usage: Usage | None = None
    model: str | None = None
    upstream_id: str | None = None
    trace_id: str | None = None
    closed_early: bool = False
    upstream: str = FIRST
    queued_at: datetime | None = None
