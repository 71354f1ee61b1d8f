"""What a server sends about one answer, with several attempts, and what of it arrives: the source of the reducer's
cases.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Frame = dict[str, Any]
Choose = Callable[[int], int]
"""`choose(n)` gives one of 0 to n - 1: a seeded generator's, or hypothesis's."""

MESSAGE = "m"
_LETTERS = ("a", "b", " ", "\n", "é", "漢", "😀", "e\u0301", "\r\n", "\u2028")
_ENDS = ("complete", "stopped", "interrupted", "failed")


@dataclass(frozen=True)
class History:
    """The truth: for each attempt (from 1) the pieces of reasoning and text; the first is what it began with."""

    attempts: list[list[tuple[str, str]]]
    status: str

    def text(self, attempt: int, seq: int) -> tuple[str, str]:
        """Reasoning and text that a page shows when it has come to frame `seq` of `attempt`."""
        pieces = self.attempts[attempt - 1][: seq + 1]
        return "".join(reasoning for reasoning, _ in pieces), "".join(text for _, text in pieces)

    @property
    def last(self) -> tuple[int, int]:
        """Where the answer ended."""
        return len(self.attempts), self.seq_of(len(self.attempts))

    def seq_of(self, attempt: int) -> int:
        return len(self.attempts[attempt - 1]) - 1

    # --- frames, as the server makes them -------------------------------------------------------------------------

    def delta(self, attempt: int, seq: int) -> Frame:
        """Without the field that has nothing new."""
        reasoning, text = self.attempts[attempt - 1][seq]
        new = {name: value for name, value in (("reasoning", reasoning), ("text", text)) if value}
        return {"type": "generation.delta", "message": MESSAGE, "attempt": attempt, "seq": seq, **new}

    def snapshot(self, attempt: int, seq: int) -> Frame:
        return {"type": "generation.snapshot", **self._whole(attempt, seq)}

    def finished(self, *, whole: bool) -> Frame:
        attempt, seq = self.last
        fields = self._whole(attempt, seq) if whole else {"message": MESSAGE, "attempt": attempt, "seq": seq}
        return {"type": "generation.finished", **fields, "status": self.status}

    def row(self, attempt: int, seq: int, *, ended: bool = False) -> Frame:
        reasoning, text = self.text(attempt, seq)
        generation = {"status": self.status if ended else "running", "attempt": attempt, "seq": seq}
        row = {"id": MESSAGE, "role": "assistant", "text": text, "reasoning": reasoning, "generation": generation}
        return {"type": "message.created", "message": row}

    def _whole(self, attempt: int, seq: int) -> Frame:
        reasoning, text = self.text(attempt, seq)
        return {"message": MESSAGE, "attempt": attempt, "seq": seq, "reasoning": reasoning, "text": text}


def history(choose: Choose) -> History:
    """One to three attempts; each goes on from a saved beginning of the one before, or from nothing, and says something
    else from there on, as a model would.
    """
    attempts: list[list[tuple[str, str]]] = []
    for number in range(1 + choose(3)):
        begun = ("", "")
        if number and choose(4):
            known = History(attempts, "complete")
            begun = known.text(number, choose(known.seq_of(number) + 1))
            begun = begun if begun[1] else ("", "")
        attempts.append([begun, *(_piece(choose) for _ in range(choose(7)))])
    return History(attempts, _ENDS[choose(len(_ENDS))])


def arrivals(told: History, choose: Choose) -> list[Frame]:
    """What arrives: frames lost, repeated and late, attempts mixed; at the end what heals."""
    sent = [frame for attempt in range(1, len(told.attempts) + 1) for frame in _sent(told, attempt, choose)]
    if choose(3):
        sent.append(told.finished(whole=False))
    arrived = [frame for frame in sent if choose(5) for _ in range(1 + (choose(6) == 0))]
    for _ in range(choose(6)):
        if len(arrived) > 1:
            late = arrived.pop(choose(len(arrived)))
            arrived.insert(choose(len(arrived) + 1), late)
    return [*arrived, *_healing(told, choose)]


def _sent(told: History, attempt: int, choose: Choose) -> list[Frame]:
    """One attempt's frames in their order, with snapshots and rows for who comes in between."""
    frames = [told.snapshot(attempt, 0)] if attempt > 1 else []
    for seq in range(1, told.seq_of(attempt) + 1):
        frames.append(told.delta(attempt, seq))
        if choose(6) == 0:
            frames.append(told.snapshot(attempt, seq))
        if choose(8) == 0:
            frames.append(told.row(attempt, choose(seq + 1)))
    return frames


def _healing(told: History, choose: Choose) -> list[Frame]:
    """The answer to `conversation.open`, or a page's reload of the row."""
    ways: list[list[Frame]] = [
        [told.finished(whole=True)],
        [told.snapshot(*told.last), told.finished(whole=False)],
        [told.row(*told.last, ended=True)],
    ]
    return ways[choose(len(ways))]


def _piece(choose: Choose) -> tuple[str, str]:
    words = "".join(_LETTERS[choose(len(_LETTERS))] for _ in range(1 + choose(3)))
    return (words, "") if choose(4) == 0 else ("", words)
