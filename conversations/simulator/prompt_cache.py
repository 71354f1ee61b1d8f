"""The context cache: how much of a prompt an earlier request of the same user has already sent.

Hits are deterministic, where the real ones are best effort: the longest run of leading messages that this process has
seen for the same `user_id`, in whole units of 64 tokens. Only digests are kept.
"""

from __future__ import annotations

import hashlib
import math
from collections import OrderedDict
from dataclasses import dataclass

import msgspec

from .schema import AssistantMessage, ChatRequest, ImagePart, Message, text_of
from .tokens import estimate

UNIT = 64
IMAGE_TOKENS = 1024


@dataclass(frozen=True, slots=True)
class PromptTokens:
    """Input tokens of one request; `cached` of them came from the cache."""

    total: int
    cached: int


class PromptCache:
    """Remembers digests of message prefixes; the ones unused for longest go first."""

    def __init__(self, capacity: int = 10_000) -> None:
        self._capacity = capacity
        self._seen: OrderedDict[bytes, None] = OrderedDict()

    def count(self, request: ChatRequest) -> PromptTokens:
        """Count a request's input and remember it for the next one."""
        digest = hashlib.blake2b(digest_size=16)
        digest.update(msgspec.json.encode([request.user_id, request.model, request.tools]))
        sent, cached, unbroken = tool_tokens(request), 0.0, True
        for message in request.messages:
            sent += message_tokens(message)
            digest.update(msgspec.json.encode(message))
            unbroken = self._remember(digest.digest()) and unbroken
            cached = sent if unbroken else cached
        return PromptTokens(math.ceil(sent), int(cached) // UNIT * UNIT)

    def _remember(self, key: bytes) -> bool:
        """Note a prefix; true if it was known."""
        known = key in self._seen
        self._seen[key] = None
        self._seen.move_to_end(key)
        if len(self._seen) > self._capacity:
            self._seen.popitem(last=False)
        return known


def prompt_tokens(request: ChatRequest) -> int:
    """Input tokens of a request."""
    return math.ceil(tool_tokens(request) + sum(message_tokens(message) for message in request.messages))


def tool_tokens(request: ChatRequest) -> float:
    return estimate(msgspec.json.encode(request.tools).decode()) if request.tools else 0.0


def message_tokens(message: Message) -> float:
    tokens = estimate(text_of(message))
    if isinstance(message, AssistantMessage):
        tokens += sum(estimate(call.function.name + call.function.arguments) for call in message.tool_calls or ())
    elif isinstance(message.content, list):
        tokens += IMAGE_TOKENS * sum(isinstance(part, ImagePart) for part in message.content)
    return tokens
