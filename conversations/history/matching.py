"""Whether a text holds what somebody looks for: regardless of case, accents and width, in any script. Pure."""

from __future__ import annotations

import re
import unicodedata

_MARKS = re.compile("[\u0300-\u036f\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0640\u064b-\u065f\u0670]+")
"""Accents of Latin, Greek and Cyrillic, points of Hebrew, vowel signs and tatweel of Arabic: who searches leaves them
out. Marks of other scripts (the Japanese voicing, the vowels of Devanagari) make other letters, and stay."""
_LETTERS = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "ħ": "h", "\u0131": "i", "æ": "ae", "œ": "oe", "þ": "th"}
)
"""Letters which Unicode does not take apart and many keyboards lack."""


def folded(text: str) -> str:
    """The text as it is compared."""
    if text.isascii():
        return text.lower()
    apart = unicodedata.normalize("NFKD", text).casefold()
    return unicodedata.normalize("NFC", _MARKS.sub("", unicodedata.normalize("NFKD", apart)).translate(_LETTERS))


class Query:
    """What is looked for: every word of it, anywhere in the text, also inside of words (scripts without spaces).

    A query without words (`bool` is False) is held by nothing.
    """

    def __init__(self, text: str) -> None:
        self._words = sorted(set(folded(text).split()), key=len, reverse=True)

    def __bool__(self) -> bool:
        return bool(self._words)

    def is_in(self, text: str) -> bool:
        if not self._words:
            return False
        compared = folded(text)
        return all(word in compared for word in self._words)
