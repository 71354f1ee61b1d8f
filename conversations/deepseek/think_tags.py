"""Reasoning that a server leaves inside of the answer, between `<think>` and `</think>`."""

from __future__ import annotations

from enum import Enum, auto

OPEN = "<think>"
CLOSE = "</think>"


class ThinkTags(Enum):
    """How a server marks reasoning in its text."""

    NONE = auto()  # it does not: tags in the text are text (DeepSeek itself)
    TAGGED = auto()  # an answer that begins with <think>
    OPENED = auto()  # the server's template swallowed the opening tag: reasoning from the first character on


class ThinkTagSplitter:
    """Tells reasoning from answer in pieces of text, wherever the tags are cut.

    `feed()` and `finish()` give (is reasoning, text) pairs without empty texts. Only a block at the very beginning is
    reasoning: later tags are something that the model writes about.
    """

    __slots__ = ("_held", "_reasoning", "_settled")

    def __init__(self, tags: ThinkTags) -> None:
        self._held = ""
        self._reasoning = tags is ThinkTags.OPENED
        self._settled = tags is ThinkTags.NONE

    def feed(self, piece: str) -> list[tuple[bool, str]]:
        if self._settled:
            return [(False, piece)] if piece else []
        self._held += piece
        if not self._reasoning:
            return self._look_for_open()
        return self._look_for_close()

    def finish(self) -> list[tuple[bool, str]]:
        held, self._held = self._held, ""
        return [(self._reasoning, held)] if held else []

    def _look_for_open(self) -> list[tuple[bool, str]]:
        begun = self._held.lstrip()
        if begun.startswith(OPEN):
            self._reasoning = True
            self._held = begun[len(OPEN) :]
            return self._look_for_close()
        if OPEN.startswith(begun):
            return []
        self._settled = True
        return self.finish()

    def _look_for_close(self) -> list[tuple[bool, str]]:
        reasoning, tag, rest = self._held.partition(CLOSE)
        if tag:
            self._settled, self._reasoning, self._held = True, False, ""
            return [pair for pair in ((True, reasoning), (False, rest)) if pair[1]]
        cut = len(self._held) - _overlap(self._held)
        shown, self._held = self._held[:cut], self._held[cut:]
        return [(True, shown)] if shown else []


def _overlap(text: str) -> int:
    """How many characters at the end of `text` could be the beginning of the closing tag."""
    longest = min(len(text), len(CLOSE) - 1)
    return next((size for size in range(longest, 0, -1) if text.endswith(CLOSE[:size])), 0)
