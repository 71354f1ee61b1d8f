"""What becomes of a file: its content, or the fault for which it cannot be read."""

from __future__ import annotations

from typing import Literal

import msgspec

Kind = Literal["text", "pdf", "word", "sheet", "image"]
KINDS: tuple[Kind, ...] = ("text", "pdf", "word", "sheet", "image")

Fault = Literal[
    "empty",
    "not_text",
    "unknown_charset",
    "encrypted",
    "old_office",
    "presentation",
    "open_document",
    "rich_text",
    "archive",
    "image_format",
    "damaged",
    "no_text",
    "too_much_text",
    "too_many_pages",
    "too_many_cells",
    "too_many_pixels",
    "unpacks_too_large",
    "too_much_work",
]
"""Why a file cannot be read; what is said to people is `services.attachment_faults`."""


class Unreadable(Exception):
    """A file cannot be read. Carries no content."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault)
        self.fault = fault


class Limits(msgspec.Struct, frozen=True):
    """What one file may hold."""

    characters: int = 400_000
    pages: int = 2000
    cells: int = 2_000_000
    pixels: int = 60_000_000
    unpacked_bytes: int = 200 * 1024 * 1024
    """Of all parts of a packed document together."""


class Content(msgspec.Struct, frozen=True):
    """What of a file goes into a prompt. `parts` counts pages or sheets; `picture` is a clean image in `media_type`."""

    kind: Kind
    text: str = ""
    parts: int = 0
    picture: bytes = b""
    media_type: str = ""
    width: int = 0
    height: int = 0

    def __repr__(self) -> str:
        return f"<Content {self.kind}>"
