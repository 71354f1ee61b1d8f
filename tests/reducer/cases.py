"""`cases.json`: what arrives of some answers and what a page shows after each step, in Python and in JavaScript.

`python -m tests.reducer.cases` writes it anew. Each line is a case:

* `attempts`: the truth, for each attempt its pieces of reasoning and text, of which the first is what it began with;
* `frames`: what arrives;
* `shown`: attempt, seq, status and gap after each of them.
"""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

from tests.reducer.history import Frame, History, arrivals, history
from tests.shown import Shown

PATH = Path(__file__).with_name("cases.json")
_SEEDS = range(1, 81)

Step = tuple[int, int, str, bool]


def follow(frames: list[Frame]) -> list[tuple[Step, tuple[str, str]]]:
    """Position, status and gap, and reasoning and text, after each frame."""
    shown = Shown()
    steps: list[tuple[Step, tuple[str, str]]] = []
    for frame in frames:
        if frame["type"] == "message.created":
            shown.merge(frame["message"])
        else:
            shown.fold(frame)
        step = (shown.attempt, shown.seq, str(shown.status), shown.gap)
        steps.append((step, (shown.reasoning, shown.text)))
    return steps


def case(seed: int) -> dict[str, Any]:
    """One case, the same for the same seed."""
    generator = random.Random(seed)
    told = history(generator.randrange)
    frames = arrivals(told, generator.randrange)
    return {
        "seed": seed,
        "attempts": told.attempts,
        "status": told.status,
        "frames": frames,
        "shown": [step for step, _ in follow(frames)],
    }


def told_by(case: dict[str, Any]) -> History:
    """The truth of a case that was read from the file."""
    return History([[(reasoning, text) for reasoning, text in pieces] for pieces in case["attempts"]], case["status"])


def written() -> str:
    """The file's content."""
    lines = [json.dumps(case(seed), ensure_ascii=True, separators=(",", ":")) for seed in _SEEDS]
    return "[\n" + ",\n".join(lines) + "\n]\n"


if __name__ == "__main__":
    PATH.write_text(written())
