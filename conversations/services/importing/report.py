"""What became of an imported file."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from conversations.services.conversations import MAX_TITLE

_MOST_SKIPPED = 200
"""Skipped conversations that a report tells about one by one."""


@dataclass
class Report:
    """`skipped`: `{"number", "title", "reason"}`, the number counting from 1. `left_out`: attached files that are not
    there, or cannot be read or attached here; their messages came in without them. `presets` came in and
    `presets_left_out` could not; `draft_left_out`: that of a new chat, for there is another one here.
    """

    imported: int = 0
    messages: int = 0
    duplicates: int = 0
    failed: int = 0
    left_out: int = 0
    presets: int = 0
    presets_left_out: int = 0
    draft_left_out: bool = False
    skipped: list[dict[str, Any]] = field(default_factory=list)

    def skip(self, number: int, title: str, reason: str) -> None:
        self.failed += 1
        if len(self.skipped) < _MOST_SKIPPED:
            self.skipped.append({"number": number, "title": title[:MAX_TITLE], "reason": reason})
