"""What is asked, and what the upstream would have said."""

from __future__ import annotations

import json
import random
from dataclasses import dataclass, field
from typing import Any

from conversations.simulator import Simulator
from conversations.simulator.answers import answer_for
from conversations.simulator.validation import read_request

_SUBJECTS = ("sorting", "sourdough", "tides", "the violin", "prime numbers", "漢字", "winter gardens")


@dataclass
class Question:
    """One message of a person, unlike every other one. `stopped`: somebody stops its answer."""

    text: str
    thinking: str
    stopped: bool = False
    answer: str | None = field(default=None, compare=False)
    """The message id of the answer, once any page knows it."""


class Questions:
    """Makes questions."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        self._count = 0

    def next(self) -> Question:
        self._count += 1
        chance = self._chance
        subject = chance.choice(_SUBJECTS)
        wish = chance.choice(
            (
                f"count to {chance.randrange(40, 400)}",
                f"write {chance.randrange(60, 300)} words about {subject}",
                f"explain {subject} in detail",
            )
        )
        thinking = chance.choice(("off", "off", "low"))
        return Question(f"Question {self._count}: {wish}", thinking, stopped=chance.random() < 0.08)


class Truth:
    """What the upstream would have said to each question."""

    def __init__(self, simulator: Simulator) -> None:
        self._simulator = simulator
        self._known: dict[str, tuple[str, str]] = {}

    def of(self, question: Question) -> tuple[str, str]:
        """Reasoning and text of the whole answer; empty when the upstream was never asked."""
        if question.text not in self._known:
            body = next((call.body for call in self._simulator.calls if _asked(call.body) == question.text), None)
            if body is None:
                return "", ""
            messages = [message for message in body["messages"] if not message.get("prefix")]
            answer = answer_for(read_request(json.dumps({**body, "messages": messages}).encode(), beta=True))
            self._known[question.text] = answer.reasoning, answer.content
        return self._known[question.text]


def _asked(body: Any) -> str:
    """The question of a call for an answer; "" for one that wants a title."""
    if not isinstance(body, dict) or not body.get("stream"):
        return ""
    users = [message["content"] for message in body["messages"] if message["role"] == "user"]
    return str(users[-1]) if users else ""
