"""The prompt: which turns of a branch go to the upstream, and in which form. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Role = Literal["system", "user", "assistant"]


@dataclass(frozen=True, slots=True)
class Turn:
    """One message of a branch."""

    role: Role
    text: str
    reasoning: str = ""
    withheld: bool = False
    """A turn that the provider's filter removed: it must not be sent back."""


def prompt(branch: Iterable[Turn], *, instructions: str = "") -> list[Turn]:
    """The turns to send, oldest first, byte-identical for the same history so that the upstream's cache hits.

    Assistant turns without text (failed, reasoning only) are left out, since the API refuses them; the question before
    one that was left out stays. Reasoning goes along verbatim: the API ignores it without tools, demands it with them.
    """
    turns = [Turn("system", instructions)] if instructions.strip() else []
    turns.extend(turn for turn in branch if turn.role == "user" or (turn.text and not turn.withheld))
    return turns
