"""Text whose JSON escapes were cut into halves of surrogate pairs."""

from __future__ import annotations

HIGH = ("\ud800", "\udbff")


class SurrogateMender:
    """Joins the halves of a pair, also across pieces; a half that stays alone becomes U+FFFD."""

    __slots__ = ("_held",)

    def __init__(self) -> None:
        self._held = ""

    def feed(self, piece: str) -> str:
        """`piece` as text that can be encoded; a high half at its end is held back for the next piece."""
        if piece.isascii() and not self._held:
            return piece
        text = self._held + piece
        self._held = ""
        if text and HIGH[0] <= text[-1] <= HIGH[1]:
            text, self._held = text[:-1], text[-1]
        return encodable(text)

    def finish(self) -> str:
        """What is still held back."""
        held, self._held = self._held, ""
        return "\N{REPLACEMENT CHARACTER}" if held else ""


def encodable(text: str) -> str:
    """`text` with pairs joined and single halves replaced by U+FFFD."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text
