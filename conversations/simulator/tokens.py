"""The simulator's tokens.

Output is cut into pieces of at most four characters (two of Chinese, Japanese or Korean), each of which is one token
and one streamed delta: `max_tokens: 7` gives exactly seven deltas. The cut knows code points, not what a reader takes
for one character, so a flag or a family emoji may be cut in two, as it happens with the real tokenizer.
Input is estimated by the official rule of thumb: 0.3 token a character, 0.6 for a Chinese one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice

_CJK = "\u2e80-\u9fff\uac00-\ud7a3\uf900-\ufaff\uff00-\uffef\U00020000-\U0003ffff"
_PIECE = re.compile(f"[{_CJK}]{{1,2}}|[^{_CJK}]{{1,4}}", re.DOTALL)
_CJK_CHARACTER = re.compile(f"[{_CJK}]")
_ASCII_PIECE = 4


def pieces(text: str) -> Iterator[str]:
    """The text in token-sized pieces."""
    return (match.group() for match in _PIECE.finditer(text))


def token_count(text: str) -> int:
    """How many pieces the text has."""
    if text.isascii():
        return -(-len(text) // _ASCII_PIECE)
    return sum(1 for _ in _PIECE.finditer(text))


def first_tokens(text: str, count: int) -> str:
    """The text up to and with its `count`-th piece; all of it if it has no more than that."""
    if text.isascii():
        return text[: count * _ASCII_PIECE]
    last = next(islice(_PIECE.finditer(text), count - 1, count), None) if count > 0 else None
    if last is None:
        return text if count > 0 else ""
    return text[: last.end()]


def estimate(text: str) -> float:
    """Input tokens by the rule of thumb, not rounded."""
    wide = 0 if text.isascii() else len(_CJK_CHARACTER.findall(text))
    return 0.3 * (len(text) - wide) + 0.6 * wide
