"""The context budget: when older turns become a summary, and how many of them. Pure.

A summary is made in big steps: nothing happens until the prompt has grown to `HIGH` of the budget, then so much is
taken in that what stays word by word is about `LOW` of it. Between two steps prompts only grow at their end, so that
the upstream's cache keeps hitting. Sizes are tokens, all of them estimates but for what a call has measured.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from conversations.deepseek import estimate_tokens
from conversations.deepseek.tokens import IMAGE
from conversations.history.prompt import Turn

HIGH = 0.75
LOW = 0.25
_LEAST = 0.125
"""Of the budget: a step that would take in less is not worth a call and a new prefix."""
_SHARE, _LONGEST = 0.125, 4000
"""A summary's length: that share of the budget, at most so many tokens."""
_AROUND = 4
"""What the wire format adds to a message."""
_CHARACTERS = 1 / 0.6
"""Of one token, at least."""
_CUT = "\n[…]\n"


@dataclass(frozen=True, slots=True)
class Measured:
    """What the last call's usage tells: the prompt's first `turns` turns are `tokens` tokens."""

    turns: int
    tokens: int


def size(turn: Turn) -> int:
    """Tokens of a turn in the prompt; reasoning is ignored by the API."""
    if not (turn.is_sent or turn.role == "system"):
        return 0
    return estimate_tokens(turn.text) + len(turn.pictures) * IMAGE + _AROUND


def prompt_size(prompt: Sequence[Turn], measured: Measured | None = None) -> int:
    """Tokens of a prompt: what was measured, and an estimate of what is new."""
    known = measured or Measured(0, 0)
    return known.tokens + sum(map(size, prompt[known.turns :]))


def longest_summary(budget: int) -> int:
    """Tokens that a summary may have."""
    return min(_LONGEST, max(64, int(budget * _SHARE)))


def is_high(tokens: int, budget: int) -> bool:
    """Whether a prompt of `tokens` calls for a summary."""
    return tokens > budget * HIGH


def step(turns: Sequence[Turn], *, fixed: int, budget: int, room: int = 0) -> int | None:
    """How many of `turns` the next summary takes in; None when there is nothing to gain.

    `turns`: all messages behind the summary in force. `fixed`: the size of what stands before them (instructions, the
    summary in force). `room`: tokens that must fit beside the rest, for a message that could not be sent. A summary
    ends with an answer; what the person asked last stays word by word, and the last answer too unless it is huge.
    """
    sizes = [size(turn) for turn in turns]
    ends = exchange_ends(turns)
    if not ends:
        return None
    last = sum(sizes[(ends[-2] if len(ends) > 1 else 0) :])
    keep = max(budget * LOW, min(last, budget / 2))
    keep = min(keep, budget - room - fixed - longest_summary(budget))
    if sum(sizes) <= keep:
        return None
    taken = next((end for end in ends if sum(sizes[end:]) <= keep), ends[-1])
    worthwhile = sum(sizes[:taken]) >= budget * _LEAST or fixed + sum(sizes) + room > budget
    return taken if worthwhile and sum(sizes[:taken]) > 0 else None


def portion(turns: Sequence[Turn], *, fixed: int, budget: int) -> int:
    """How many of the `turns` to be taken in fit into one request: at least the first exchange."""
    room = budget - fixed - longest_summary(budget)
    fitting = [end for end in exchange_ends(turns) if sum(map(size, turns[:end])) <= room]
    return fitting[-1] if fitting else next(iter(exchange_ends(turns)), len(turns))


def shortened(turns: Sequence[Turn], *, fixed: int, budget: int) -> list[Turn]:
    """The turns as they are when they fit into one request; else each with its middle cut out, as far as it takes."""
    room = budget - fixed - longest_summary(budget)
    if sum(map(size, turns)) <= room:
        return list(turns)
    each = max(_AROUND + 8, room // max(1, len(turns)))
    return [_cut(turn, each) if size(turn) > each else turn for turn in turns]


def exchange_ends(turns: Sequence[Turn]) -> list[int]:
    """The positions behind which a summary may stand: after an answer, before a question or at the end."""
    return [
        index
        for index in range(1, len(turns) + 1)
        if turns[index - 1].role == "assistant" and (index == len(turns) or turns[index].role == "user")
    ]


def _cut(turn: Turn, tokens: int) -> Turn:
    half = max(1, int((tokens - _AROUND - len(_CUT)) * _CHARACTERS / 2))
    return replace(turn, text=turn.text[:half] + _CUT + turn.text[-half:], pictures=())
