"""A message as a page shows it, folded from rows and frames by the rules of the page (`static/js/transcript.js`).

Drivers of tests and benchmarks read with it. `tests/reducer/cases.json` holds both to the same results.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

UNFINISHED = frozenset({"queued", "running"})


class Shown:
    """One message. Frames in any order, lost or repeated, never show wrong text; at worst something is missing
    (`gap`), which a new `conversation.open` heals.
    """

    __slots__ = ("_reasoning", "_text", "attempt", "gap", "seq", "status")

    def __init__(
        self, *, attempt: int = 1, seq: int = 0, status: str | None = "running", text: str = "", reasoning: str = ""
    ) -> None:
        """`status` None is that of a message which is no answer: frames change nothing of it."""
        self.attempt = attempt
        self.seq = seq
        self.status = status
        self.gap = False
        self._text = [text]
        self._reasoning = [reasoning]

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Self:
        """A message as its row has it."""
        generation = row["generation"] or {"attempt": 1, "seq": 0, "status": None}
        return cls(
            attempt=generation["attempt"],
            seq=generation["seq"],
            status=generation["status"],
            text=row["text"],
            reasoning=row["reasoning"],
        )

    @property
    def text(self) -> str:
        self._text = ["".join(self._text)]
        return self._text[0]

    @property
    def reasoning(self) -> str:
        self._reasoning = ["".join(self._reasoning)]
        return self._reasoning[0]

    @property
    def position(self) -> tuple[int, int]:
        """What `conversation.open` calls seen."""
        return self.attempt, self.seq

    @property
    def is_unfinished(self) -> bool:
        return self.status in UNFINISHED

    def fold(self, frame: Mapping[str, Any]) -> bool:
        """Take a frame of this very message. False when it was ignored."""
        if self.status is None:
            return False
        kind = frame["type"]
        if kind == "generation.delta":
            return self._delta(frame)
        if kind == "generation.snapshot":
            return self._snapshot(frame)
        if kind == "generation.finished":
            return self._finished(frame)
        return False

    def merge(self, row: Mapping[str, Any]) -> bool:
        """Take a row that arrives again; it never takes back what frames already brought. False when it was ignored."""
        told = row["generation"]
        if self.status is None or told is None:
            return False
        position = (told["attempt"], told["seq"])
        ended = self.is_unfinished and told["status"] not in UNFINISHED and told["attempt"] >= self.attempt
        if position <= self.position and not ended:
            return False
        (self.attempt, self.seq), self.status = position, told["status"]
        self._replace(row["text"], row["reasoning"])
        return True

    def _delta(self, frame: Mapping[str, Any]) -> bool:
        if frame["attempt"] < self.attempt:
            return False
        if frame["attempt"] == self.attempt:
            if frame["seq"] <= self.seq or not self.is_unfinished:
                return False
            if frame["seq"] == self.seq + 1:
                self._append(frame)
                return True
        return self._miss()

    def _snapshot(self, frame: Mapping[str, Any]) -> bool:
        if frame["attempt"] < self.attempt:
            return False
        if frame["attempt"] == self.attempt and (not self.is_unfinished or frame["seq"] < self.seq):
            return False
        self.attempt, self.seq, self.status = frame["attempt"], frame["seq"], "running"
        self._replace(frame["text"], frame["reasoning"])
        return True

    def _finished(self, frame: Mapping[str, Any]) -> bool:
        if frame["attempt"] < self.attempt:
            return False
        same = frame["attempt"] == self.attempt
        whole = "text" in frame
        if not whole and not (same and frame["seq"] <= self.seq):
            return self._miss()
        if same and not self.is_unfinished:
            return False
        self.attempt, self.seq, self.status, self.gap = frame["attempt"], frame["seq"], frame["status"], False
        if whole:
            self._replace(frame["text"], frame.get("reasoning", self.reasoning))
        return True

    def _append(self, frame: Mapping[str, Any]) -> None:
        self._text.append(frame.get("text", ""))
        self._reasoning.append(frame.get("reasoning", ""))
        self.seq, self.status, self.gap = frame["seq"], "running", False

    def _replace(self, text: str, reasoning: str) -> None:
        self._text, self._reasoning, self.gap = [text], [reasoning], False

    def _miss(self) -> bool:
        missed, self.gap = not self.gap, True
        return missed
