"""The ways in which an answer can end."""

from __future__ import annotations

from enum import StrEnum


class EndKind(StrEnum):
    """What the end of an answer means. The first three are answers; all others carry an error."""

    complete = "complete"  # finish_reason "stop" (or none at all) and the end marker
    length = "length"  # the output limit was reached
    tool_calls = "tool_calls"  # the model wants tools run
    content_filter = "content_filter"
    out_of_capacity = "out_of_capacity"  # insufficient_system_resource
    aborted = "aborted"
    unknown_reason = "unknown_reason"  # a finish_reason that this client does not know
    empty = "empty"
    reasoning_only = "reasoning_only"
    truncated = "truncated"  # the body ended without its end marker
    upstream_error = "upstream_error"  # an error object inside the stream
    malformed = "malformed"  # something that is not the documented format, or beyond its limits
    reset = "reset"
    stalled = "stalled"  # one of the clocks ran out
    rejected = "rejected"  # an HTTP error status
    unreachable = "unreachable"
