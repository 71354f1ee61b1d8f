"""The prompt: which turns of a branch go to the upstream, and in which form. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Role = Literal["system", "user", "assistant"]

_SUMMARY = (
    "The earlier messages of this conversation were replaced by the summary that follows. Rely on it as on the "
    "messages themselves, and go on from there.\n\n"
)


@dataclass(frozen=True, slots=True)
class Turn:
    """One message of a branch."""

    role: Role
    text: str
    reasoning: str = ""
    withheld: bool = False
    """A turn that the provider's filter removed: it must not be sent back."""

    @property
    def is_sent(self) -> bool:
        """Assistant turns without text (failed, reasoning only) are refused by the API."""
        return self.role == "user" or bool(self.text and not self.withheld)


def prompt(branch: Iterable[Turn], *, instructions: str = "", summary: str = "") -> list[Turn]:
    """The turns to send, oldest first, byte-identical for the same history so that the upstream's cache hits.

    Assistant turns without text are left out; the question before one that was left out stays. Reasoning goes along
    verbatim: the API ignores it without tools, demands it with them. `summary` stands for the turns before `branch`.
    """
    turns = [Turn("system", instructions)] if instructions.strip() else []
    if summary:
        # What people and models wrote never speaks with the weight of instructions.
        turns.append(Turn("user", _SUMMARY + summary))
    turns.extend(turn for turn in branch if turn.is_sent)
    return turns
