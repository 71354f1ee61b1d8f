"""Token counts for calls that ended before the upstream sent any."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable

from conversations.deepseek.messages import ChatMessage, TextPart

# DeepSeek's rule of thumb: 0.3 token for a Latin character, 0.6 for a Chinese one.
LATIN = 0.3
CHINESE = 0.6
IMAGE = 1024  # at most, an image (the API's guide to vision)
FIRST_WIDE = "\u2e80"  # CJK radicals: from here on scripts with one sign a syllable or word
_WIDE = re.compile(f"[{FIRST_WIDE}-\U0010ffff]+")


def estimate_tokens(text: str) -> int:
    """About how many tokens `text` is; 0 for none, else at least 1."""
    if text.isascii():
        return math.ceil(len(text) * LATIN)
    wide = sum(map(len, _WIDE.findall(text)))
    return math.ceil(wide * CHINESE + (len(text) - wide) * LATIN)


def estimate_prompt_tokens(messages: Iterable[ChatMessage]) -> int:
    """About how many tokens the text of `messages` is, reasoning included; images and files count nothing."""
    return sum(estimate_tokens(text) for message in messages for text in _texts(message))


def _texts(message: ChatMessage) -> Iterable[str]:
    if isinstance(message.content, str):
        yield message.content
    else:
        yield from (part.text for part in message.content if isinstance(part, TextPart))
    yield message.reasoning_content or ""
    yield from (call.function.arguments for call in message.tool_calls or ())
