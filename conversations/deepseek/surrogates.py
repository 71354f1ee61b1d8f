"""Text whose JSON escapes were cut into halves of surrogate pairs."""

from __future__ import annotations

HIGH = ("\ud800", "\udbff")


class SurrogateMender:
    """Joins the halves of a pair, also across pieces; a half that stays alone becomes U+FFFD.

    `held`: a high half that waits for the rest of its pair.
    """

    __slots__ = ("held",)

    def __init__(self) -> None:
        self.held = ""

    def feed(self, piece: str) -> str:
        """`piece` as text that can be encoded; a high half at its end is held back for the next piece."""
        text = self.held + piece
        self.held = ""
        if text and HIGH[0] <= text[-1] <= HIGH[1]:
            text, self.held = text[:-1], text[-1]
        return encodable(text)

    def finish(self) -> str:
        """What is still held back."""
        held, self.held = self.held, ""
        return "\N{REPLACEMENT CHARACTER}" if held else ""


def encodable(text: str) -> str:
    """`text` with pairs joined and single halves replaced by U+FFFD."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text
