"""The running text of one attempt, folded from deltas. Pure.

Every step costs what is new, never what is there: adding appends, a frame takes what was added since the frame before,
a checkpoint what was framed since the checkpoint before. Only a snapshot (somebody attaches, or the end) reads the
whole.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable
from dataclasses import dataclass
from io import StringIO


@dataclass(frozen=True, slots=True)
class Piece:
    """Text up to and including frame `seq`, and where in the whole answer it begins (in characters)."""

    seq: int
    reasoning: str
    text: str
    reasoning_from: int = 0
    text_from: int = 0


def fold(pieces: Iterable[Piece], *, reasoning: str = "", text: str = "") -> tuple[str, str]:
    """Reasoning and text of the pieces, in the order of their attempts and frames, behind what was there before them.

    Pieces may overlap: one that was written although its writer never learned of it is followed by a longer one from
    the same place. A piece that begins behind the end of what is known follows a lost one; with it the known text ends.
    """
    for piece in pieces:
        if piece.reasoning_from > len(reasoning) or piece.text_from > len(text):
            break
        reasoning = reasoning[: piece.reasoning_from] + piece.reasoning
        text = text[: piece.text_from] + piece.text
    return reasoning, text


class Transcript:
    """Text and reasoning of one attempt, cut into numbered frames."""

    __slots__ = ("_ends", "_pending_reasoning", "_pending_text", "_reasoning", "_saved", "_text")

    def __init__(self, *, text: str = "", reasoning: str = "") -> None:
        """`text` and `reasoning`: what earlier attempts produced; they are covered by `seq` 0 and already saved."""
        self._text = _buffer(text)
        self._reasoning = _buffer(reasoning)
        self._pending_text: list[str] = []
        self._pending_reasoning: list[str] = []
        # Where each frame ends in reasoning and in text, flat: frame n ends at _ends[2n] and _ends[2n + 1].
        self._ends = array("Q", (len(reasoning), len(text)))
        self._saved = 0

    @property
    def seq(self) -> int:
        """The number of the last frame taken."""
        return len(self._ends) // 2 - 1

    @property
    def has_pending(self) -> bool:
        """Whether something waits for the next frame."""
        return bool(self._pending_text or self._pending_reasoning)

    def add(self, *, reasoning: str = "", text: str = "") -> None:
        """A delta came."""
        if reasoning:
            self._pending_reasoning.append(reasoning)
        if text:
            self._pending_text.append(text)

    def take_frame(self) -> Piece | None:
        """What was added since the last frame, as the next one; None when there is nothing."""
        if not self.has_pending:
            return None
        reasoning, text = "".join(self._pending_reasoning), "".join(self._pending_text)
        self._pending_reasoning.clear()
        self._pending_text.clear()
        self._reasoning.write(reasoning)
        self._text.write(text)
        reasoning_from, text_from = self._ends[-2], self._ends[-1]
        self._ends.extend((reasoning_from + len(reasoning), text_from + len(text)))
        return Piece(self.seq, reasoning, text, reasoning_from, text_from)

    def unsaved(self) -> Piece | None:
        """What was framed since the last `mark_saved`; None when there is nothing."""
        return self._between(self._saved, self.seq) if self._saved < self.seq else None

    def mark_saved(self, seq: int) -> None:
        """Everything up to frame `seq` is in the database now."""
        self._saved = max(self._saved, seq)

    def snapshot(self) -> Piece:
        """Everything framed so far."""
        return Piece(self.seq, self._reasoning.getvalue(), self._text.getvalue())

    def missed(self, seen: int, *, most: int) -> list[Piece] | None:
        """The frames after frame `seen`; None when that is more than `most` or `seen` never was: a snapshot is due."""
        if not 0 <= seen <= self.seq or self.seq - seen > most:
            return None
        return [self._between(number - 1, number) for number in range(seen + 1, self.seq + 1)]

    def _between(self, before: int, last: int) -> Piece:
        reasoning_from, text_from = self._ends[2 * before], self._ends[2 * before + 1]
        reasoning_to, text_to = self._ends[2 * last], self._ends[2 * last + 1]
        return Piece(
            last,
            _slice(self._reasoning, reasoning_from, reasoning_to),
            _slice(self._text, text_from, text_to),
            reasoning_from,
            text_from,
        )


def _buffer(content: str) -> StringIO:
    # newline="": the default would turn CR and CRLF into LF.
    buffer = StringIO(newline="")
    buffer.write(content)
    return buffer


def _slice(buffer: StringIO, start: int, end: int) -> str:
    here = buffer.tell()
    buffer.seek(start)
    piece = buffer.read(end - start)
    buffer.seek(here)
    return piece
