"""Token counts of one call, normalised."""

from __future__ import annotations

from typing import Any

import msgspec

MOST = 2**31 - 1  # no real count comes near; keeps nonsense out of integer columns


class Usage(msgspec.Struct, frozen=True):
    """Tokens. `completion_tokens` includes `reasoning_tokens`; hit and miss together are the prompt."""

    prompt_tokens: int = 0
    cache_hit_tokens: int = 0
    cache_miss_tokens: int = 0
    completion_tokens: int = 0
    reasoning_tokens: int = 0


def usage_from_wire(wire: object) -> Usage | None:
    """The `usage` value of a chunk or response as `Usage`; None when there is none.

    Every field is optional, since gateways drop some: without the cache pair the hit count is
    `prompt_tokens_details.cached_tokens`, and without that all input counts as missed.
    """
    if not isinstance(wire, dict) or not wire:
        return None
    prompt = _count(wire, "prompt_tokens")
    hit = _count(wire, "prompt_cache_hit_tokens")
    miss = _count(wire, "prompt_cache_miss_tokens")
    if hit is None:
        cached = _count(_details(wire, "prompt_tokens_details"), "cached_tokens") or 0
        hit = cached if miss is None or prompt is None else max(0, prompt - miss)
    if miss is None:
        miss = max(0, (prompt or 0) - hit)
    return Usage(
        prompt_tokens=min(MOST, hit + miss) if prompt is None else prompt,
        cache_hit_tokens=hit,
        cache_miss_tokens=miss,
        completion_tokens=_count(wire, "completion_tokens") or 0,
        reasoning_tokens=_count(_details(wire, "completion_tokens_details"), "reasoning_tokens") or 0,
    )


def _details(wire: dict[str, Any], name: str) -> dict[str, Any]:
    value = wire.get(name)
    return value if isinstance(value, dict) else {}


def _count(wire: dict[str, Any], name: str) -> int | None:
    value = wire.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= MOST:
        return None
    return int(value)
