"""Long conversations as a file to import: what people write over months, made up."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

_BEGAN = datetime(2026, 1, 1, 8, tzinfo=UTC)
_APART = timedelta(minutes=7)
_KINDS = (
    "A lighthouse works by **{number}** simple rules, and each of them is older than the lamp.\n\n"
    "1. The light is high, so that it is seen from afar.\n2. It blinks in a rhythm of its own.\n"
    "3. Nobody stands in front of it.\n\nThe keeper of light {number} wrote all of this down, and a visitor copied it.",
    "That is about {number} miles, which is easily computed:\n\n```python\n"
    "def miles(height: float) -> float:\n    return 1.17 * height ** 0.5 + {number}\n```\n\n"
    "> The higher the lamp, the further its light.\n\nBeyond that the earth is in the way.",
    "| light | height | seen from |\n| --- | ---: | ---: |\n| first | {number} m | 12 nm |\n| second | 31 m | 17 nm |"
    "\n\nBoth stand *on the same* rock. The sea around it is deep, and the wind comes from the west.",
    "No. `light {number}` was never lit.",
)


def question(number: int) -> str:
    return f"Question {number}: how far is light {number} seen?"


def answer(number: int) -> str:
    return f"Answer {number}. " + _KINDS[number % len(_KINDS)].format(number=number)


def long_chat(messages: int, *, title: str = "Lighthouses", other_end: int = 0) -> dict[str, Any]:
    """The document (`docs/export.md`) of one conversation whose shown branch has that many messages, questions and
    answers in turn, numbered from 1. With `other_end` the first question has an alternative that was written last, and
    so many messages stand on its branch.
    """
    rows = [_row(number, messages, "") for number in range(messages)]
    rows += [_row(number, messages, "other ") for number in range(other_end)]
    shown = {"leaf": str(messages - 1), "model": "deepseek-flash"}
    conversation = {"id": "long", "title": title, "messages": rows, **shown}
    return {"format": "chatsite", "version": 1, "conversations": [conversation]}


def encoded(document: dict[str, Any]) -> bytes:
    return json.dumps(document).encode()


def _row(place: int, messages: int, branch: str) -> dict[str, Any]:
    number, is_answer = place // 2 + 1, place % 2 == 1
    moment = _BEGAN + _APART * (place + (messages if branch else 0))
    row: dict[str, Any] = {
        "id": f"{branch}{place}",
        "parent": f"{branch}{place - 1}" if place else None,
        "role": "assistant" if is_answer else "user",
        "text": f"{branch.title()}{(answer if is_answer else question)(number)}",
        "created": moment.isoformat(),
    }
    if is_answer:
        usage = {"prompt": 40 * place, "cached": 0, "completion": 120, "reasoning": 0}
        row["generation"] = {"model": "deepseek-flash", "finish_reason": "stop", "usage": usage, "duration_ms": 1200}
    return row
